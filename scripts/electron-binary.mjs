import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './build-if-stale.mjs';

/** No byte and no word for this long: the download has stalled. */
const STALL_MS = 20_000;
/** After a failure later starts do not wait again for a while. */
const RETRY_AFTER_MS = 6 * 3_600_000;

const require = createRequire(import.meta.url);
const folder = join(root, 'node_modules', 'electron');
export const failureFile = join(root, 'out', '.electron-fetch-failed.json');

/** The program itself, or null where it has not been fetched (npm's install scripts are off, see .npmrc). */
export function electronBinary() {
  try {
    // Newer versions fetch the binary on this very call, so look before asking. (The variable is Electron's own.)
    if (!process.env.ELECTRON_OVERRIDE_DIST_PATH && !existsSync(join(folder, 'path.txt'))) return null;
    const file = require('electron');
    return typeof file === 'string' && existsSync(file) ? file : null;
  } catch {
    return null;
  }
}

/** Why the last fetch failed, if that was recently. */
export function recentFetchFailure() {
  try {
    const { atMs, why } = JSON.parse(readFileSync(failureFile, 'utf8'));
    const ageMs = Date.now() - atMs;
    return ageMs >= 0 && ageMs < RETRY_AFTER_MS ? { why, minutesAgo: Math.round(ageMs / 60_000) } : null;
  } catch {
    return null;
  }
}

/**
 * Runs Electron's own installer, showing how much has arrived.
 * @returns null when the binary is there, else why not, in a few words.
 */
export async function fetchElectron({ stallMs = STALL_MS, script = installer() } = {}) {
  if (!script) return remember('its installer was not found; run `npm ci`');
  // The installer downloads into the temporary folder: a folder of our own lets us watch it grow.
  const temporary = join(root, 'out', '.electron-fetch');
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  const child = spawn(process.execPath, [script], {
    cwd: root,
    env: { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary, ELECTRON_GET_NO_PROGRESS: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that its children end with it.
    detached: process.platform !== 'win32',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      output = (output + data).slice(-4_000);
    });
  }
  const interrupted = (signal) => {
    killTree(child);
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);

  let stalled = false;
  let last = { bytes: -1, words: 0, atMs: Date.now() };
  const watch = setInterval(() => {
    const bytes = sizeOf(temporary) + sizeOf(join(folder, 'dist'));
    if (bytes !== last.bytes || output.length !== last.words) last = { bytes, words: output.length, atMs: Date.now() };
    else if (Date.now() - last.atMs >= stallMs) {
      stalled = true;
      killTree(child);
    }
    if (process.stdout.isTTY) process.stdout.write(`\rFetching the window (once): ${megabytes(bytes)}   `);
  }, 500);
  if (!process.stdout.isTTY) process.stdout.write('Fetching the window (once, about 110 MB)...\n');
  const code = await new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('close', resolve);
  });
  clearInterval(watch);
  process.removeListener('SIGINT', interrupted);
  process.removeListener('SIGTERM', interrupted);
  if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
  rmSync(temporary, { recursive: true, force: true });

  if (stalled) return remember(`no data for ${stallMs / 1_000} s`);
  if (code !== 0) return remember(reason(output));
  if (!electronBinary()) return remember('its installer left no program');
  rmSync(failureFile, { force: true });
  return null;
}

/** Older versions have `install.js`, newer ones a program named `install-electron`. */
function installer() {
  const { bin = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return [bin['install-electron'], 'install.js']
    .filter(Boolean)
    .map((file) => join(folder, file))
    .find(existsSync);
}

function remember(why) {
  mkdirSync(join(root, 'out'), { recursive: true });
  writeFileSync(failureFile, JSON.stringify({ atMs: Date.now(), why }));
  return why;
}

/** The line of the installer's output that a person would pick. */
function reason(output) {
  const lines = output.split('\n').map((line) => line.trim());
  const line = lines.find((l) => /^(\w*Error)\b/.test(l)) ?? lines.find((l) => l !== '') ?? 'its installer failed';
  return line.replace(/^\w*Error:\s*/, '').slice(0, 120);
}

const megabytes = (bytes) => `${(bytes / 1_000_000).toFixed(0)} MB`;

function sizeOf(path) {
  try {
    const stat = statSync(path);
    if (!stat.isDirectory()) return stat.size;
    return readdirSync(path).reduce((sum, entry) => sum + sizeOf(join(path, entry)), 0);
  } catch {
    // Gone meanwhile, or not there yet.
    return 0;
  }
}

function killTree(child) {
  try {
    if (process.platform === 'win32')
      execFileSync('taskkill', ['/PID', String(child.pid), '/T', '/F'], { stdio: 'ignore' });
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
