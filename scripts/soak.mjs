// `npm run soak -- --hours 2 --sessions 3`: real peers at a real server for as long as you like (soak/, OPERATIONS.md).
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildIfStale, root } from './build-if-stale.mjs';

try {
  await buildIfStale();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
// In a group of its own: Ctrl-C at the terminal is to reach the kit alone, which ends its server when it is through with it.
const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'soak', 'main.ts'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  detached: process.platform !== 'win32',
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal));
}
child.once('close', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
