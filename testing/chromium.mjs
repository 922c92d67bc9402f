import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** What to do where no Chromium is found. */
export const INSTALL_CHROMIUM =
  'No Chromium was found, so tests in a real browser are skipped. Install one (Debian/Ubuntu: apt-get install chromium; ' +
  'others: https://www.google.com/chrome, or npx playwright install chromium) or name it in CHROMIUM_PATH.';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge'];

/** The first Chromium-like browser of this machine: CHROMIUM_PATH, PATH, the usual places, Playwright's cache. */
export function findChromium(env = process.env, platform = process.platform) {
  // Named explicitly: then that one or none, so that a typing mistake does not go unnoticed.
  if (env.CHROMIUM_PATH) return isProgram(env.CHROMIUM_PATH) ? env.CHROMIUM_PATH : null;
  const folders = [...(env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin', '/snap/bin'];
  const candidates =
    platform === 'win32'
      ? windowsPlaces(env)
      : [
          ...(platform === 'darwin' ? macPlaces() : []),
          ...folders.flatMap((dir) => NAMES.map((name) => join(dir, name))),
        ];
  return [...candidates, ...playwrightPlaces(env, platform)].find(isProgram) ?? null;
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function macPlaces() {
  const apps = ['Google Chrome', 'Chromium', 'Microsoft Edge'];
  return ['/Applications', join(homedir(), 'Applications')].flatMap((dir) =>
    apps.map((app) => join(dir, `${app}.app`, 'Contents', 'MacOS', app)),
  );
}

function windowsPlaces(env) {
  const programs = [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA].filter(Boolean);
  const tails = [
    'Google\\Chrome\\Application\\chrome.exe',
    'Chromium\\Application\\chrome.exe',
    'Microsoft\\Edge\\Application\\msedge.exe',
  ];
  return programs.flatMap((dir) => tails.map((tail) => `${dir}\\${tail}`));
}

/** `npx playwright install chromium` puts numbered folders here; the newest first. */
function playwrightPlaces(env, platform) {
  const caches = {
    win32: join(env.LOCALAPPDATA ?? homedir(), 'ms-playwright'),
    darwin: join(homedir(), 'Library', 'Caches', 'ms-playwright'),
  };
  const cache = env.PLAYWRIGHT_BROWSERS_PATH || caches[platform] || join(homedir(), '.cache', 'ms-playwright');
  if (!existsSync(cache)) return [];
  const newest = readdirSync(cache)
    .filter((name) => /^chromium(_headless_shell)?-\d+$/.test(name))
    .sort((a, b) => Number(b.split('-')[1]) - Number(a.split('-')[1]));
  const inside = [
    ['chrome-linux64', 'chrome'],
    ['chrome-linux', 'chrome'],
    ['chrome-linux', 'headless_shell'],
    ['chrome-headless-shell-linux64', 'chrome-headless-shell'],
    ['chrome-win64', 'chrome.exe'],
    ['chrome-win', 'chrome.exe'],
    ['chrome-mac-arm64', 'Google Chrome for Testing.app', 'Contents', 'MacOS', 'Google Chrome for Testing'],
    ['chrome-mac-x64', 'Google Chrome for Testing.app', 'Contents', 'MacOS', 'Google Chrome for Testing'],
    ['chrome-mac', 'Chromium.app', 'Contents', 'MacOS', 'Chromium'],
  ];
  return newest.flatMap((name) => inside.map((parts) => join(cache, name, ...parts)));
}
