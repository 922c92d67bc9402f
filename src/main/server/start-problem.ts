/** Why the server did not start, and what to do about it: one line for a terminal or a dialog. */
export function startProblem(error: unknown, { host, port }: { host: string; port: number }): string {
  switch ((error as NodeJS.ErrnoException | null)?.code) {
    case 'EADDRINUSE':
      return `Port ${port} is already in use; close the program that uses it, or choose another port with --listenport`;
    case 'EACCES':
      return `Port ${port} needs more rights than this user has; choose one above 1023 with --listenport`;
    case 'EADDRNOTAVAIL':
      return `This machine has no address ${host}; choose another one with --host`;
    default:
      return `Herald could not start: ${error instanceof Error ? error.message : String(error)}`;
  }
}
