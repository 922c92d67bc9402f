import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './build-if-stale.mjs';

/**
 * Runs the built server in this very process: signals, exit code and terminal are its own, nothing needs passing on.
 * It reads its flags from `process.argv`, as if it had been started directly.
 */
export async function runServer(flags) {
  const file = join(root, 'out', 'main', 'serve.js');
  process.argv = [process.argv[0], file, ...flags];
  await import(pathToFileURL(file).href);
}
