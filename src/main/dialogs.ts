import { dialog } from 'electron';

/** Says it where people look: in a box on the screen, and in the terminal for those who started it there. */
export function tellStartFailure(problems: readonly string[]): void {
  process.stderr.write(`${problems.join('\n')}\n`);
  dialog.showErrorBox('Herald could not start', problems.join('\n\n'));
}
