import { translate } from '../../i18n/translate';
import { applyLibrary, faulted } from '../../store/library';

/** Only in the desktop app: a browser knows no folders. */
export const canReveal = (): boolean => window.herald?.revealRecording !== undefined;

/** Shows a recording in the system's file manager. What goes wrong is told in its row. */
export async function reveal(id: string, file: string): Promise<void> {
  try {
    const shown = await window.herald?.revealRecording(file);
    if (!shown) applyLibrary(faulted, id, translate('library.notInFolder'));
  } catch (error) {
    applyLibrary(faulted, id, error instanceof Error ? error.message : String(error));
  }
}
