import { join } from 'node:path';
import type { Settings } from '../../../shared/settings';
import { alsoTo, type Log } from '../log';
import { LogFile } from '../log-file';
import { scrubber, secretsOf } from './diagnostics';
import type { LogRing } from './log-ring';

/**
 * Sends the log to its file and to what /api/logs and /api/diagnostics tell. Its lines on the terminal name the token; these do not,
 * nor any other secret: settings may change while it runs, so their values are asked anew for every line.
 */
export function keepLog(
  log: Log,
  settings: Settings,
  { dataDir, secrets, recent }: { dataDir: string; secrets: readonly string[]; recent: LogRing },
): { close(): void } {
  const file = settings.log_file ? new LogFile(join(dataDir, 'logs', 'herald.log')) : undefined;
  const stop = alsoTo(log, {
    write: (json) => {
      const line = scrubber([...secretsOf(settings), ...secrets])(json);
      recent.write(line);
      file?.write(line);
    },
  });
  const close = () => {
    stop();
    file?.close();
  };
  return { close };
}
