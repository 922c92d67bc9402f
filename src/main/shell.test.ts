import * as electron from 'electron';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type * as FakeElectron from '../../testing/fake-electron';
import { ownFlags } from './flags';

vi.mock('electron', () => import('../../testing/fake-electron'));
const server = vi.hoisted(() => ({ loadSettings: vi.fn(), startServer: vi.fn(), close: vi.fn() }));
vi.mock('./server/config/load', () => ({ loadSettings: server.loadSettings }));
vi.mock('./server/start', () => ({ startServer: server.startServer }));
vi.mock('./server/log', () => ({ createLogger: () => ({ warn: vi.fn(), info: vi.fn() }) }));
vi.mock('./server/version', () => ({ version: '9.9.9' }));

const fake = electron as unknown as typeof FakeElectron;
const HOME = 'http://127.0.0.1:8010';
const settings = { listenport: 8010, host: '0.0.0.0', log_level: 'info', require_token: false };

/** Runs the entry as a new process would, and waits until it has opened its window or given up. */
async function launch(): Promise<FakeElectron.BrowserWindow | undefined> {
  vi.resetModules();
  await import('./index');
  await vi.waitFor(() => {
    if (fake.BrowserWindow.all.length === 0 && fake.app.exit.mock.calls.length === 0) throw new Error('not yet');
  });
  return fake.BrowserWindow.all[0];
}

const stdout = vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
const stderr = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
const signals = ['SIGINT', 'SIGTERM'] as const;
let before: Map<string, unknown[]>;

beforeEach(() => {
  fake.reset();
  server.close.mockReset().mockResolvedValue(undefined);
  server.loadSettings.mockReset().mockReturnValue({ kind: 'run', settings, dataDir: '/data', warnings: [] });
  server.startServer
    .mockReset()
    .mockResolvedValue({ url: HOME, host: '0.0.0.0', port: 8010, token: 'se/cret', close: server.close });
  before = new Map(signals.map((s) => [s, process.listeners(s)]));
});

afterEach(() => {
  vi.useRealTimers();
  for (const s of signals)
    for (const l of process.listeners(s)) if (!before.get(s)?.includes(l)) process.removeListener(s, l);
});

describe('the window', () => {
  it('shows the local server with secure defaults', async () => {
    const window = await launch();
    expect(window?.loadURL).toHaveBeenCalledWith(`${HOME}/`);
    expect(window?.options.webPreferences).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      webSecurity: true,
      webviewTag: false,
      autoplayPolicy: 'no-user-gesture-required',
    });
    expect(window?.options.webPreferences.preload).toMatch(/preload[\\/]index\.cjs$/);
    expect(window?.show).not.toHaveBeenCalled();
    window?.emit('ready-to-show');
    expect(window?.show).toHaveBeenCalledOnce();
  });

  it('fits small screens', async () => {
    fake.screen.workAreaSize = { width: 1024, height: 600 };
    expect((await launch())?.options).toMatchObject({ width: 1024, height: 600 });
  });

  it('carries the token only where everyone needs one', async () => {
    server.loadSettings.mockReturnValue({
      kind: 'run',
      settings: { ...settings, require_token: true },
      dataDir: '/data',
      warnings: [],
    });
    expect((await launch())?.loadURL).toHaveBeenCalledWith(`${HOME}/?token=se%2Fcret`);
  });

  it.each(['will-navigate', 'will-redirect', 'will-frame-navigate'])('denies %s away from the page', async (kind) => {
    const window = await launch();
    const tries = (url: string) => {
      const event = { url, preventDefault: vi.fn() };
      window?.webContents.emit(kind, event);
      return event.preventDefault.mock.calls.length > 0;
    };
    expect(tries(`${HOME}/`)).toBe(false);
    for (const url of [
      'https://example.com/',
      'http://127.0.0.1:8011/',
      `${HOME}/docs`,
      'file:///etc/passwd',
      'javascript:alert(1)',
      'not a url',
    ]) {
      expect(tries(url), url).toBe(true);
    }
  });

  it('denies new windows and embedded views', async () => {
    const window = await launch();
    expect(window?.webContents.windowOpen?.({ url: `${HOME}/` })).toEqual({ action: 'deny' });
    const event = { preventDefault: vi.fn() };
    window?.webContents.emit('will-attach-webview', event);
    expect(event.preventDefault).toHaveBeenCalled();
  });

  it('grants full screen to its own page and nothing else to anyone', async () => {
    const session = (await launch())?.webContents.session;
    const asks = (permission: string, requestingUrl: string) => {
      let granted: boolean | undefined;
      session?.permissionRequest?.(null, permission, (ok) => (granted = ok), { requestingUrl });
      expect(session?.permissionCheck?.(null, permission, requestingUrl)).toBe(granted);
      return granted;
    };
    expect(asks('fullscreen', `${HOME}/`)).toBe(true);
    expect(asks('fullscreen', 'https://example.com/')).toBe(false);
    for (const permission of ['media', 'geolocation', 'notifications', 'clipboard-read', 'openExternal']) {
      expect(asks(permission, `${HOME}/`), permission).toBe(false);
    }
    expect(session?.devicePermission?.()).toBe(false);
  });

  it('comes back after its page crashed, unless it is gone', async () => {
    const window = await launch();
    window?.webContents.emit('render-process-gone', {}, { reason: 'clean-exit' });
    expect(window?.webContents.reload).not.toHaveBeenCalled();
    window?.webContents.emit('render-process-gone', {}, { reason: 'crashed' });
    expect(window?.webContents.reload).toHaveBeenCalledOnce();
  });
});

describe('one instance', () => {
  it('leaves at once when another one runs', async () => {
    fake.app.hasLock = false;
    await launch();
    expect(fake.app.exit).toHaveBeenCalledWith(0);
    expect(server.startServer).not.toHaveBeenCalled();
    expect(stdout).toHaveBeenCalledWith(expect.stringContaining('already running'));
  });

  it('brings its window to the front when started again', async () => {
    const window = await launch();
    if (window) window.minimized = true;
    fake.app.emit('second-instance');
    expect(window?.restore).toHaveBeenCalled();
    expect(window?.focus).toHaveBeenCalled();
    expect(fake.BrowserWindow.all).toHaveLength(1);
  });

  it('opens a new window when the old one was closed', async () => {
    const window = await launch();
    if (window) window.destroyed = true;
    fake.app.emit('activate');
    expect(fake.BrowserWindow.all).toHaveLength(2);
  });
});

describe('the menu', () => {
  const item = (id: string) => fake.Menu.current?.flatMap((m) => m.submenu ?? []).find((i) => i.id === id);

  it('shows the address, copies it and opens it', async () => {
    await launch();
    expect(item('address')).toMatchObject({ label: `Listening on ${HOME}`, enabled: false });
    item('copy')?.click?.();
    expect(fake.clipboard.writeText).toHaveBeenCalledWith(HOME);
    item('open')?.click?.();
    expect(fake.shell.openExternal).toHaveBeenCalledWith(`${HOME}/`);
  });

  it('speaks Chinese', async () => {
    fake.app.locale = 'zh-CN';
    await launch();
    expect(item('copy')?.label).toBe('复制地址');
  });
});

describe('the page', () => {
  it('reaches two functions, and only from its own origin', async () => {
    await launch();
    expect([...fake.ipcMain.handlers.keys()].sort()).toEqual(['herald:info', 'herald:open-in-browser']);
    const info = fake.ipcMain.handlers.get('herald:info');
    expect(info?.({ senderFrame: { origin: HOME } })).toEqual({
      url: HOME,
      version: '9.9.9',
      platform: process.platform,
    });
    for (const senderFrame of [null, { origin: 'https://example.com' }]) {
      expect(() => info?.({ senderFrame })).toThrow('Only the studio page');
    }
  });

  it('gets them from the preload script, with fixed channels', async () => {
    vi.resetModules();
    await import('../preload/index');
    const [name, bridge] = fake.contextBridge.exposeInMainWorld.mock.calls[0] ?? [];
    expect(name).toBe('herald');
    expect(Object.keys(bridge ?? {}).sort()).toEqual(['info', 'openInBrowser']);
    await (bridge as { info(channel: string): Promise<unknown> }).info('evil');
    expect(fake.ipcRenderer.invoke).toHaveBeenCalledWith('herald:info');
  });
});

describe('quitting', () => {
  it('closes the server first, once', async () => {
    await launch();
    let closed: () => void = () => undefined;
    server.close.mockReturnValue(new Promise<void>((resolve) => (closed = resolve)));
    fake.app.quit();
    fake.app.quit();
    expect(server.close).toHaveBeenCalledOnce();
    expect(fake.app.exit).not.toHaveBeenCalled();
    closed();
    await vi.waitFor(() => expect(fake.app.exit).toHaveBeenCalledWith(0));
  });

  it('does not wait for ever', async () => {
    await launch();
    vi.useFakeTimers();
    server.close.mockReturnValue(new Promise(() => undefined));
    fake.app.quit();
    vi.advanceTimersByTime(2_000);
    expect(fake.app.exit).toHaveBeenCalledWith(0);
  });

  it.skipIf(process.platform === 'darwin')('follows the last window, and signals', async () => {
    await launch();
    fake.app.emit('window-all-closed');
    expect(fake.app.quit).toHaveBeenCalledOnce();
    process.emit('SIGTERM');
    expect(fake.app.quit).toHaveBeenCalledTimes(2);
  });
});

describe('failing to start', () => {
  it('names the port that is in use, on the screen and in the terminal', async () => {
    server.startServer.mockRejectedValue(Object.assign(new Error('listen'), { code: 'EADDRINUSE' }));
    await launch();
    expect(fake.dialog.showErrorBox).toHaveBeenCalledWith(expect.any(String), expect.stringContaining('8010'));
    expect(stderr).toHaveBeenCalledWith(expect.stringContaining('--listenport'));
    expect(fake.app.exit).toHaveBeenCalledWith(1);
  });

  it('tells every problem of the settings', async () => {
    server.loadSettings.mockReturnValue({ kind: 'problems', problems: ['unknown flag --lisen', 'bad --max_session'] });
    await launch();
    expect(fake.dialog.showErrorBox).toHaveBeenCalledWith(
      expect.any(String),
      'unknown flag --lisen\n\nbad --max_session',
    );
    expect(fake.app.exit).toHaveBeenCalledWith(1);
  });

  it('prints help and leaves', async () => {
    server.loadSettings.mockReturnValue({ kind: 'print', text: 'usage' });
    await launch();
    expect(stdout).toHaveBeenCalledWith('usage');
    expect(fake.app.exit).toHaveBeenCalledWith(0);
  });
});

describe('ownFlags', () => {
  it('leaves out the program, its folder and what is meant for Chromium', () => {
    const flags = ['--listenport', '9000', '--no_auth'];
    expect(ownFlags(['electron', '--no-sandbox', '.', ...flags], false)).toEqual(flags);
    expect(ownFlags(['herald', '--disable-gpu', '--ozone-platform=x11', ...flags], true)).toEqual(flags);
    expect(ownFlags(['electron', '.'], false)).toEqual([]);
  });
});
