import { loadSettings } from './config/load';
import { lanAddresses } from './http/lan';
import { createLogger, type Log } from './log';
import { type RunningServer, startServer } from './start';
import { startProblem } from './start-problem';
import { version } from './version';

/** After this, a close that hangs is given up: SIGTERM ends the process within 2 s whatever happens. */
const CLOSE_DEADLINE_MS = 1_800;

/** `npm run serve`: settings, start, signals, exit codes. */
async function main(): Promise<void> {
  const loaded = loadSettings({ argv: process.argv.slice(2), env: process.env, version });
  if (loaded.kind === 'print') {
    process.stdout.write(loaded.text);
    return;
  }
  if (loaded.kind === 'problems') {
    for (const problem of loaded.problems) process.stderr.write(`${problem}\n`);
    process.exitCode = 1;
    return;
  }
  const { settings, dataDir, sources, warnings } = loaded;
  const log = createLogger(settings.log_level);
  for (const warning of warnings) log.warn(warning);
  try {
    const server = await startServer(settings, { log, dataDir, sources });
    endOnSignals(server, settings.drain_s * 1_000, log);
    process.stdout.write(`Herald listening on ${schemeOf(server)}://${settings.host}:${server.port}\n`);
    process.stdout.write(welcome(server));
  } catch (error) {
    process.stderr.write(`${startProblem(error, { host: settings.host, port: settings.listenport })}\n`);
    process.exit(1);
  }
}

/** The first signal lets live sessions finish, for as long as `--drain_s` says; a second one does not wait. */
function endOnSignals(server: RunningServer, drainMs: number, log: Log): void {
  const impatient = new AbortController();
  const close = () => {
    setTimeout(() => process.exit(0), CLOSE_DEADLINE_MS).unref();
    void server.close().finally(() => process.exit(0));
  };
  let asked = false;
  const stop = (signal: NodeJS.Signals) => {
    if (asked) return impatient.abort();
    asked = true;
    if (drainMs === 0) {
      log.info(`${signal}: closing`);
      return close();
    }
    log.info(`${signal}: no new sessions; closing when the last is over, in ${drainMs / 1_000} s at most (--drain_s)`);
    void server.drain(drainMs, impatient.signal).then(close);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

const schemeOf = ({ url }: RunningServer) => new URL(url).protocol.slice(0, -1);

/** Where to open the page; from other machines its requests carry an Origin and so need the token. */
function welcome(server: RunningServer): string {
  const { url, host, port, token } = server;
  const lan = lanAddresses({ host, port, tls: schemeOf(server) === 'https' })[0]?.url;
  const here = `Open ${url} in a browser on this machine\n`;
  return lan ? `${here}From other machines: ${lan}/?token=${token}\n` : here;
}

await main();
