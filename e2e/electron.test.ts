import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { electronBinary } from '../scripts/electron-binary.mjs';
import { root } from '../testing/server';
import { TALK_LABELS, talksAndKeepsStill } from '../testing/talking';

/** The program, or why there is no window to test. */
function findElectron(): { binary: string } | { missing: string } {
  const binary = electronBinary();
  if (!binary) return { missing: 'Electron has not been fetched (npm start does that where there is a display)' };
  const { platform, env } = process;
  if (platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY)
    return { missing: 'there is no display (xvfb-run npm test gives one)' };
  return { binary };
}

const electron = findElectron();
if ('missing' in electron) console.warn(`The desktop window is not tested: ${electron.missing}.`);

describe.skipIf('missing' in electron)('the desktop window', () => {
  let dataDir: string;
  let desktop: ElectronApplication;
  let page: Page;

  beforeAll(async () => {
    if ('missing' in electron) return;
    dataDir = mkdtempSync(join(tmpdir(), 'herald-desktop-e2e-'));
    // Chromium has no sandbox for root.
    const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    const flags = ['--listenport', '0', '--data', dataDir, '--tts', 'espeak'];
    desktop = await _electron.launch({
      executablePath: electron.binary,
      args: [...asRoot, '--lang=en-GB', root, ...flags],
      cwd: root,
      locale: 'en-GB',
    });
    page = await desktop.firstWindow();
  });
  afterAll(async () => {
    await desktop?.close();
    if (dataDir) rmSync(dataDir, { recursive: true, force: true });
  });

  it('welcomes, shows the presenter, and says what is typed', async () => {
    await page.getByRole('button', { name: 'Skip' }).click();
    await expect.poll(() => page.getByTestId('status').textContent(), { timeout: 20_000 }).toMatch(/^Ready$/);
    await talksAndKeepsStill(page, TALK_LABELS[0]);
    const pictures = join(root, 'out', 'test-results');
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, 'desktop.png') });
  });

  it('gives the page the bridge and nothing of Node, and stays where it is', async () => {
    const own = await page.evaluate(() => [typeof window.herald?.info, 'require' in window, 'process' in window]);
    expect(own).toEqual(['function', false, false]);
    const home = page.url();
    expect(await page.evaluate(() => window.open('https://example.com') === null)).toBe(true);
    await page.evaluate(() => void (location.href = 'https://example.com'));
    await expect.poll(() => page.url()).toBe(home);
    expect(desktop.windows()).toHaveLength(1);
  });

  it('has a menu, and keeps its place on the screen', async () => {
    const labels = await desktop.evaluate(({ Menu }) =>
      Menu.getApplicationMenu()?.items.flatMap(({ submenu }) => submenu?.items.map(({ id }) => id)),
    );
    expect(labels).toEqual(expect.arrayContaining(['address', 'copy', 'settings', 'start-stop']));
    await desktop.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1_000, 700));
    const saved = () => JSON.parse(readFileSync(join(dataDir, 'window.json'), 'utf8')) as { width: number };
    await expect.poll(() => saved().width, { timeout: 5_000 }).toBe(1_000);
  });
});
