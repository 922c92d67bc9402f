// `npm run package`: an installer or archive of the desktop app for this system, in dist/. electron-builder comes at build time:
// with its 240 packages, which want Node 22.12, it is no dependency of whoever only runs or tests Herald.
import { spawnSync } from 'node:child_process';
import { buildIfStale, root } from './build-if-stale.mjs';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write(
    `Packaging needs Node 22.12 or newer (this is ${process.versions.node}); running Herald does not.\n`,
  );
  process.exit(1);
}
await buildIfStale();
const npx = process.platform === 'win32' ? 'npx.cmd' : 'npx';
const { status, error } = spawnSync(
  npx,
  [
    ...['--yes', 'electron-builder@26', '--config', 'packaging/electron-builder.yml', '--publish', 'never'],
    ...process.argv.slice(2),
  ],
  // npm's .cmd files are scripts of the shell there.
  { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' },
);
if (error) process.stderr.write(`${error.message}\n`);
process.exit(status ?? 1);
