import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout: the folder of package.json. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(root, 'out');
const stampFile = join(out, '.built-from');
const lock = join(out, '.building');

/** What the build is made from. Tests change nothing in it. */
const INPUTS = ['package.json', 'package-lock.json', 'electron.vite.config.ts', 'tsconfig.json'];
const PRODUCTS = ['main/index.js', 'main/serve.js', 'preload/index.cjs', 'renderer/index.html'];
/** A build takes seconds; a lock whose owner is gone or that is older than this is a left-over. */
const LOCK_LIMIT_MS = 180_000;

/** A name for the state of the sources: their paths, sizes and times. No file is read, so this takes milliseconds. */
export function sourcesDigest(folder = root) {
  const hash = createHash('sha1').update(process.version);
  const add = (path) => {
    const { size, mtimeMs } = statSync(join(folder, path));
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  };
  for (const path of INPUTS) if (existsSync(join(folder, path))) add(path);
  const walk = (dir) => {
    for (const entry of readdirSync(join(folder, dir), { withFileTypes: true })) {
      const path = `${dir}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile() && !/\.test\.tsx?$/.test(entry.name)) add(path);
    }
  };
  walk('src');
  return hash.digest('hex');
}

const isCurrent = (digest) =>
  existsSync(stampFile) &&
  readFileSync(stampFile, 'utf8') === digest &&
  PRODUCTS.every((path) => existsSync(join(out, path)));

/**
 * Builds when the sources have changed since the last build. Two starts at once build once: the second waits for the first.
 * @throws when the build fails; its output has been shown then.
 */
export async function buildIfStale() {
  if (!existsSync(join(root, 'node_modules', 'electron-vite'))) {
    throw new Error('The packages are missing: run `npm ci` first.');
  }
  if (isCurrent(sourcesDigest())) return false;
  mkdirSync(out, { recursive: true });
  await takeLock();
  try {
    // Taken before the build: what changes while it runs makes the next start build again.
    const digest = sourcesDigest();
    if (isCurrent(digest)) return false;
    rmSync(stampFile, { force: true });
    await build();
    writeFileSync(`${stampFile}.new`, digest);
    renameSync(`${stampFile}.new`, stampFile);
    return true;
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** A folder can be made by one process only: that is the lock. The owner's id lies in it. */
async function takeLock() {
  for (let told = false; ; ) {
    try {
      mkdirSync(lock);
      writeFileSync(join(lock, 'pid'), String(process.pid));
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isLeftOver()) {
      // Renamed first: of two that see the left-over only one gets to remove it.
      const aside = `${lock}-${process.pid}`;
      try {
        renameSync(lock, aside);
        rmSync(aside, { recursive: true, force: true });
      } catch {
        // The other one did.
      }
      continue;
    }
    if (!told) process.stdout.write('Waiting for another build of Herald to finish...\n');
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function isLeftOver() {
  let ageMs;
  try {
    ageMs = Date.now() - statSync(lock).mtimeMs;
  } catch {
    return false;
  }
  if (ageMs > LOCK_LIMIT_MS) return true;
  try {
    const pid = Number(readFileSync(join(lock, 'pid'), 'utf8'));
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // No id yet: its owner is between two lines, unless it stays so. EPERM: the owner lives, as another user.
    return error.code === 'ESRCH' || (error.code === 'ENOENT' && ageMs > 2_000);
  }
}

/** Runs electron-vite quietly: one line while it works, its whole output only when it fails. */
async function build() {
  const startedMs = Date.now();
  const tty = process.stdout.isTTY;
  process.stdout.write(tty ? 'Building Herald...' : 'Building Herald...\n');
  const cli = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
  const child = spawn(process.execPath, [cli, 'build', '--logLevel', 'warn'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      output += data;
    });
  }
  const stop = () => child.kill();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  process.removeListener('SIGINT', stop);
  process.removeListener('SIGTERM', stop);
  if (code !== 0) {
    process.stdout.write(tty ? '\n' : '');
    process.stderr.write(output);
    throw new Error('The build failed; what is above says why. After a change of branch, `npm ci` may be needed.');
  }
  const seconds = ((Date.now() - startedMs) / 1_000).toFixed(1);
  process.stdout.write(`${tty ? '\r' : ''}Built Herald in ${seconds} s.\n`);
}
