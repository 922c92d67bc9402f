// `npm run eval:lips [-- --out FILE --model FILE --people DIR --labels DIR --peer headaudio]`: how well the lips follow speech, measured on
// the held-out set in eval/held-out and on recordings of people where they are installed. Needs no Python and no network.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildIfStale, root } from './build-if-stale.mjs';

try {
  await buildIfStale();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'eval', 'lips.ts'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.once('close', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
