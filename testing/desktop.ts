import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as electron from 'electron';
import { afterEach, beforeEach, vi } from 'vitest';
import type { StartOptions } from '../src/main/server/start';
import { defaultSettings, type Settings } from '../src/shared/settings';
import type * as FakeElectron from './fake-electron';

vi.mock('electron', () => import('./fake-electron'));
const mocked = vi.hoisted(() => ({ loadSettings: vi.fn(), startServer: vi.fn(), close: vi.fn() }));
vi.mock('../src/main/server/config/load', () => ({ loadSettings: mocked.loadSettings }));
vi.mock('../src/main/server/start', () => ({ startServer: mocked.startServer }));
vi.mock('../src/main/server/log', () => ({
  createLogger: () => ({ warn: vi.fn(), info: vi.fn(), error: vi.fn(), level: 'info' }),
}));
vi.mock('../src/main/server/version', () => ({ version: '9.9.9' }));

export const HOME = 'http://127.0.0.1:8010';
export const TOKEN = 'se/cret';

/** The system around the app, in the test's hands. */
export const fake = electron as unknown as typeof FakeElectron;

/** The desktop app on a fake system and a fake server, for tests of the shell. To be called at the top of a test file. */
export function desktopTest() {
  const desktop = {
    /** A folder of its own for each test. */
    dataDir: '',
    ...mocked,
    stdout: vi.spyOn(process.stdout, 'write'),
    stderr: vi.spyOn(process.stderr, 'write'),
    /** Settings that the next start loads. */
    give(changes: Partial<Settings>): void {
      const settings = { ...defaultSettings(), data: desktop.dataDir, ...changes };
      mocked.loadSettings.mockReturnValue({
        kind: 'run',
        settings,
        dataDir: desktop.dataDir,
        sources: {},
        warnings: [],
      });
    },
    /** What the app gave to the server that it started last. */
    startOptions: () => mocked.startServer.mock.lastCall?.[1] as StartOptions,
    /** Runs the entry as a new process would, and waits until it has opened its window or given up. */
    async launch(...args: string[]): Promise<FakeElectron.BrowserWindow> {
      process.argv = ['electron', '.', ...args];
      // Its own module anew each time; those that it stands on hold no state.
      launches++;
      await import(/* @vite-ignore */ `../src/main/index.ts?launch=${launches}`);
      await vi.waitFor(() => {
        if (fake.BrowserWindow.all.length === 0 && fake.app.exit.mock.calls.length === 0) throw new Error('not yet');
      });
      return fake.BrowserWindow.all[0]!;
    },
    /** Calls a function of the bridge as our page would. */
    call: async (channel: string, ...args: unknown[]): Promise<unknown> =>
      fake.ipcMain.handlers.get(`herald:${channel}`)!({ senderFrame: { origin: HOME, parent: null } }, ...args),
    menuItem: (id: string) => fake.Menu.current?.flatMap((menu) => menu.submenu ?? []).find((item) => item.id === id),
    trayItem: (id: string) => fake.Tray.all.at(-1)?.menu.find((item) => item.id === id),
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const argv = process.argv;
  let before: Map<string, unknown[]>;
  let launches = 0;

  beforeEach(() => {
    fake.reset();
    desktop.dataDir = mkdtempSync(join(tmpdir(), 'herald-desktop-'));
    desktop.stdout.mockReset().mockReturnValue(true);
    desktop.stderr.mockReset().mockReturnValue(true);
    mocked.close.mockReset().mockResolvedValue(undefined);
    mocked.loadSettings.mockReset();
    desktop.give({});
    mocked.startServer
      .mockReset()
      .mockResolvedValue({ url: HOME, host: '0.0.0.0', port: 8010, token: TOKEN, close: mocked.close });
    before = new Map(signals.map((s) => [s, process.listeners(s)]));
  });
  afterEach(() => {
    vi.useRealTimers();
    process.argv = argv;
    for (const s of signals)
      for (const l of process.listeners(s)) if (!before.get(s)?.includes(l)) process.removeListener(s, l);
    rmSync(desktop.dataDir, { recursive: true, force: true });
  });
  return desktop;
}
