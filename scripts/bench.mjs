// `npm run bench -- NAME [args]`: runs bench/NAME.ts on the built server; without a name it lists what there is.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildIfStale, root } from './build-if-stale.mjs';

const [name = '', ...args] = process.argv.slice(2);
const folder = join(root, 'bench');
const names = (existsSync(folder) ? readdirSync(folder) : [])
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => file.slice(0, -3))
  .sort();

if (!names.includes(name)) {
  process.stderr.write(`${name ? `There is no bench "${name}". ` : ''}Usage: npm run bench -- NAME [args]\n`);
  process.stderr.write(`Names: ${names.join(', ') || 'none'}\n`);
  process.exit(name ? 1 : 0);
}
try {
  await buildIfStale();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
const child = spawn(process.execPath, ['--import', 'tsx', join(folder, `${name}.ts`), ...args], {
  cwd: root,
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.once('close', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
