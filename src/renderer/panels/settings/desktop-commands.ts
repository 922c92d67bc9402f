import type { DesktopCommand } from '../../../preload/bridge';
import { interrupt, playFile } from '../../store/actions';
import { toggleRecording } from '../../store/studio-actions';
import { openSettings } from './settings-store';

const COMMANDS: Record<DesktopCommand, () => void> = {
  interrupt: () => void interrupt(),
  record: () => void toggleRecording(),
  // The script's machinery comes with its panel; a key that is never pressed should not cost its download.
  nextLine: () => void import('../../store/script-actions').then(({ nextLine }) => nextLine()),
  settings: () => openSettings(),
};

/** Does what keys, the menu and opened files of the desktop app ask for. @returns what ends it */
export function followDesktop(): (() => void) | undefined {
  const { herald } = window;
  if (!herald) return undefined;
  const endCommands = herald.onCommand((command) => COMMANDS[command]?.());
  const endFiles = herald.onFile(({ name, bytes }) => void playFile([new File([bytes], name)]));
  return () => {
    endCommands();
    endFiles();
  };
}
