// `npm run sheets [-- NAME...]`: contact sheets and speaking clips of the presenters for docs/presenters; see testing/sheets.ts.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './build-if-stale.mjs';

const program = join(root, 'testing', 'sheets.ts');
const child = spawn(process.execPath, ['--import', 'tsx', program, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.once('close', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
