import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './build-if-stale.mjs';
import { hasSteadyMemory, steadyMemory } from './steady-memory.mjs';

const FILE = join(root, 'out', 'main', 'serve.js');

/**
 * Runs the built server: in this very process where that will do, else in one that starts with what a server needs of its memory
 * (steady-memory.mjs), whose terminal, signals and exit code are this one's.
 */
export async function runServer(flags) {
  if (hasSteadyMemory()) {
    process.argv = [process.argv[0], FILE, ...flags];
    await import(pathToFileURL(FILE).href);
    return;
  }
  // The channel tells the server when this process is gone, however it went.
  const child = spawn(process.execPath, [...process.execArgv, FILE, ...flags], {
    env: steadyMemory(),
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  // Ctrl-C reaches everything in the terminal; passed on as well it would be a second one, which means "at once".
  const passOn = (signal) => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, passOn);
  child.once('error', (error) => {
    process.stderr.write(`The server could not be started: ${error.message}\n`);
    process.exit(1);
  });
  child.once('exit', (code) => process.exit(code ?? 1));
}
