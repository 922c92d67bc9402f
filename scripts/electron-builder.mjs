// electron-builder with its 280 packages is no dependency of whoever runs or tests Herald. Packaging fetches the versions that
// packaging/builder/package-lock.json pins, once, into node_modules/.cache.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './build-if-stale.mjs';

const pinned = join(root, 'packaging', 'builder');
const folder = join(root, 'node_modules', '.cache', 'herald-packaging');
const LOCK = 'package-lock.json';
/** What npm calls a registry that is not to be had, as opposed to one that answers something wrong. */
const UNREACHABLE =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT)\b/;

/**
 * The folder in whose node_modules electron-builder lies.
 * @throws Error, with `unreachable` where only the network is to blame
 */
export function electronBuilder() {
  const isCurrent = (dir) =>
    existsSync(join(dir, 'node_modules', 'electron-builder')) &&
    readFileSync(join(dir, LOCK), 'utf8') === readFileSync(join(pinned, LOCK), 'utf8');
  if (isCurrent(folder)) return folder;
  process.stdout.write('Fetching electron-builder (once, about 90 MB)...\n');
  // Beside its place until it is whole: one that was interrupted is never taken for one that is there.
  const incoming = `${folder}-${process.pid}`;
  mkdirSync(incoming, { recursive: true });
  try {
    for (const file of ['package.json', LOCK]) cpSync(join(pinned, file), join(incoming, file));
    const { status, stdout, stderr, error } = spawnSync(
      'npm',
      ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--fetch-retries=1'],
      // npm is a script of the shell on Windows.
      { cwd: incoming, encoding: 'utf8', shell: process.platform === 'win32' },
    );
    if (status !== 0) {
      const said = `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`.trim();
      const problem = new Error(`electron-builder could not be fetched from the npm registry:\n${said}`);
      throw Object.assign(problem, { unreachable: UNREACHABLE.test(said) });
    }
    rmSync(folder, { recursive: true, force: true });
    renameSync(incoming, folder);
    return folder;
  } finally {
    rmSync(incoming, { recursive: true, force: true });
  }
}
