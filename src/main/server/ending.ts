import type { Log } from './log';
import type { RunningServer } from './start';

/** After this, a close that hangs is given up: SIGTERM ends the process within 2 s whatever happens. */
const CLOSE_DEADLINE_MS = 1_800;

export interface EndingOptions {
  /** How long live sessions may take to finish; 0 lets none. */
  drainMs: number;
  log: Log;
  /** Ends the process. */
  exit: () => void;
  closeDeadlineMs?: number;
}

/**
 * What SIGTERM and SIGINT do: the first signal lets live sessions finish, for as long as `--drain_s` says, and a second one does not
 * wait. Each call of what is returned is a signal.
 */
export function ending(
  server: Pick<RunningServer, 'close' | 'drain'>,
  { drainMs, log, exit, closeDeadlineMs = CLOSE_DEADLINE_MS }: EndingOptions,
): (signal: NodeJS.Signals) => void {
  const impatient = new AbortController();
  const close = () => {
    const deadline = setTimeout(() => {
      log.warn(`closing took more than ${closeDeadlineMs} ms: given up`);
      exit();
    }, closeDeadlineMs);
    void server
      .close()
      .catch((error: unknown) => log.error(`closing failed: ${error instanceof Error ? error.message : error}`))
      .finally(() => {
        clearTimeout(deadline);
        exit();
      });
  };
  let asked = false;
  return (signal) => {
    if (asked) return impatient.abort();
    asked = true;
    if (drainMs === 0) {
      log.info(`${signal}: closing`);
      return close();
    }
    log.info(`${signal}: no new sessions; closing when the last is over, in ${drainMs / 1_000} s at most (--drain_s)`);
    void server.drain(drainMs, impatient.signal).then(close);
  };
}
