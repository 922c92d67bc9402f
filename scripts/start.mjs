// `npm start`: the desktop window where there is a display, else the server alone, saying in one line why.
import { spawn } from 'node:child_process';
import { relative } from 'node:path';
import { buildIfStale, root } from './build-if-stale.mjs';
import { electronBinary, failureFile, fetchElectron, recentFetchFailure } from './electron-binary.mjs';
import { runServer } from './run-server.mjs';

const HEADLESS = 'running the server without a window.';
const flags = process.argv.slice(2);

try {
  await buildIfStale();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
const asksOnly = flags.some((flag) => ['--help', '-h', '--version', '-v'].includes(flag));
if (!asksOnly) {
  const why = await openWindow();
  process.stdout.write(`${why}: ${HEADLESS}\n`);
}
await runServer(flags.filter((flag) => flag !== '--no-sandbox'));

/** Runs the desktop app and leaves with its exit code; returns only when there can be no window, with the reason. */
async function openWindow() {
  if (!hasDisplay()) return 'No display';
  if (isRoot() && !flags.includes('--no-sandbox')) {
    return 'No window as root, because Chromium has no sandbox there (start as another user, or add -- --no-sandbox)';
  }
  if (!electronBinary()) {
    const failed = recentFetchFailure();
    if (failed) {
      const again = `delete ${relative(process.cwd(), failureFile)} to try again at once`;
      return `No window, fetching Electron failed ${failed.minutesAgo} minutes ago (${failed.why}; ${again})`;
    }
    const why = await fetchElectron();
    if (why) return `No window, Electron could not be fetched (${why})`;
  }
  return runElectron();
}

function hasDisplay() {
  if (process.platform === 'win32' || process.platform === 'darwin') return true;
  return Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

function isRoot() {
  return process.platform === 'linux' && process.getuid?.() === 0;
}

/** The shell sends a word once Chromium is up; a program that ends before that never was one (missing libraries, no sandbox). */
async function runElectron() {
  const forElectron = flags.filter((flag) => flag === '--no-sandbox');
  const forHerald = flags.filter((flag) => flag !== '--no-sandbox');
  // Set by some editors' terminals; with it Electron would run as plain Node.
  const { ELECTRON_RUN_AS_NODE: _unset, ...env } = process.env;
  const child = spawn(electronBinary(), [...forElectron, root, ...forHerald], {
    env,
    stdio: ['inherit', 'inherit', 'pipe', 'ipc'],
  });
  let ready = false;
  let complaints = '';
  child.on('message', () => {
    ready = true;
    complaints = '';
  });
  child.stderr.on('data', (data) => {
    // Before it is up its complaints become the one line; afterwards they belong in the terminal.
    if (ready) process.stderr.write(data);
    else complaints = (complaints + data).slice(-4_000);
  });
  const forward = (signal) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, forward);
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      complaints ||= error.message;
      resolve(1);
    });
    child.once('close', (exit) => resolve(exit ?? 1));
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeListener(signal, forward);
  if (ready || code === 0) process.exit(code);
  const line = complaints.split('\n').find((l) => l.trim() !== '') ?? `exit code ${code}`;
  return `No window, Electron could not start (${line
    .replace(/^\[[^\]]*\]\s*/, '')
    .trim()
    .slice(0, 160)})`;
}
