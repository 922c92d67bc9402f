import { loadSettings } from './config/load';
import { ending } from './ending';
import { lanAddresses } from './http/lan';
import { createLogger } from './log';
import { type RunningServer, startServer } from './start';
import { startProblem } from './start-problem';
import { version } from './version';

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
    const end = ending(server, { drainMs: settings.drain_s * 1_000, log, exit: () => process.exit(0) });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, end);
    // Who started it for somebody else (scripts/run-server.mjs) is gone.
    if (process.connected) process.once('disconnect', () => end('SIGHUP'));
    process.stdout.write(`Herald listening on ${schemeOf(server)}://${settings.host}:${server.port}\n`);
    process.stdout.write(welcome(server));
  } catch (error) {
    process.stderr.write(`${startProblem(error, { host: settings.host, port: settings.listenport })}\n`);
    process.exit(1);
  }
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
