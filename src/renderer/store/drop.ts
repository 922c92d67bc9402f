import { playFile } from './actions';
import { isScriptFile } from './script-files';
import { useStudio } from './studio';

/**
 * Files that were dropped on the page. A text goes into the script; a recording is opened where recordings are prepared, and
 * anywhere else it is played at once.
 */
export async function takeDrop(files: readonly File[]): Promise<void> {
  const [file] = files;
  if (!file) return;
  if (isScriptFile(file.name)) {
    useStudio.setState({ sideTab: 'script' });
    await (await import('./script-actions')).importFile(file);
  } else if (useStudio.getState().sideTab === 'audio') {
    await (await import('./audio-actions')).openFile(file);
  } else {
    await playFile(files);
  }
}
