// `npm run package`: an installer or archive of the desktop app for this system, in dist/. Flags are electron-builder's, and
// `--dry-run` (Linux): packs everything but Electron itself, which a stand-in replaces, into dist/dry-run.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildIfStale, root } from './build-if-stale.mjs';
import { electronBuilder } from './electron-builder.mjs';
import { writeStandInElectron } from './stand-in-electron.mjs';

/** EX_UNAVAILABLE of sysexits(3): the registry could not be reached, nothing is wrong with Herald. */
const UNAVAILABLE = 69;
const OWN_FLAG = { linux: ['--linux', '-l'], darwin: ['--mac', '-m', '--macos'], win32: ['--win', '-w', '--windows'] };

const given = process.argv.slice(2);
const dryRun = given.includes('--dry-run');
const flags = given.filter((flag) => flag !== '--dry-run');

const others = Object.entries(OWN_FLAG).flatMap(([system, names]) => (system === process.platform ? [] : names));
const foreign = flags.find((flag) => others.includes(flag));
if (foreign) {
  fail(
    `${foreign} has to run on that system: npm installed the native modules of this one, and they are in the package.`,
  );
}
if (dryRun && process.platform !== 'linux') fail('--dry-run knows Electron on Linux only.');

let standIn;
try {
  await buildIfStale();
  const builder = electronBuilder();
  if (dryRun) {
    standIn = mkdtempSync(join(tmpdir(), 'herald-electron-'));
    writeStandInElectron(standIn);
    flags.unshift('--linux', 'dir', `-c.electronDist=${standIn}`, '-c.directories.output=dist/dry-run');
  }
  const cli = join(builder, 'node_modules', 'electron-builder', 'cli.js');
  const { status, error } = spawnSync(
    process.execPath,
    [cli, '--config', 'packaging/electron-builder.yml', '--publish', 'never', ...flags],
    { cwd: root, stdio: 'inherit' },
  );
  if (error) throw error;
  process.exitCode = status ?? 1;
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.unreachable ? UNAVAILABLE : 1;
} finally {
  if (standIn) rmSync(standIn, { recursive: true, force: true });
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
