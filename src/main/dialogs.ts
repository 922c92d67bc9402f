import { dialog } from 'electron';

/** Why the server did not start, and what to do about it. */
export function startProblem(error: unknown, port: number): string {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === 'EADDRINUSE')
    return `Port ${port} is already in use. Close the program that uses it, or start Herald with --listenport and another number.`;
  if (code === 'EACCES')
    return `Port ${port} needs more rights than this user has. Start Herald with --listenport and a number above 1023.`;
  return `${error instanceof Error ? error.message : String(error)}`;
}

/** Says it where people look: in a box on the screen, and in the terminal for those who started it there. */
export function tellStartFailure(problems: readonly string[]): void {
  process.stderr.write(`${problems.join('\n')}\n`);
  dialog.showErrorBox('Herald could not start', problems.join('\n\n'));
}
