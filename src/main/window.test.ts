import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { desktopTest, fake, HOME } from '../../testing/desktop';

const desktop = desktopTest();
const SAFE = {
  contextIsolation: true,
  sandbox: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  webviewTag: false,
  autoplayPolicy: 'no-user-gesture-required',
};

describe('the window', () => {
  it('shows the local server with secure defaults', async () => {
    const window = await desktop.launch();
    expect(window.loadURL).toHaveBeenCalledWith(`${HOME}/`);
    expect(window.options.webPreferences).toMatchObject(SAFE);
    expect(window.options.webPreferences.preload).toMatch(/preload[\\/]index\.cjs$/);
    expect(window.show).not.toHaveBeenCalled();
    window.emit('ready-to-show');
    expect(window.show).toHaveBeenCalledOnce();
  });

  it('carries the token only where everyone needs one', async () => {
    desktop.give({ require_token: true });
    expect((await desktop.launch()).loadURL).toHaveBeenCalledWith(`${HOME}/?token=se%2Fcret`);
  });

  it.each(['will-navigate', 'will-redirect', 'will-frame-navigate'])('denies %s away from the page', async (kind) => {
    const window = await desktop.launch();
    const tries = (url: string) => {
      const event = { url, preventDefault: vi.fn() };
      window.webContents.emit(kind, event);
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
    const { webContents } = await desktop.launch();
    expect(webContents.windowOpen?.({ url: `${HOME}/` })).toEqual({ action: 'deny' });
    const event = { preventDefault: vi.fn() };
    webContents.emit('will-attach-webview', event);
    expect(event.preventDefault).toHaveBeenCalled();
  });

  it('grants its own page full screen, the clipboard to write to and the microphone, and nothing else to anyone', async () => {
    const { session } = (await desktop.launch()).webContents;
    const asks = (permission: string, requestingUrl: string, media?: string[]) => {
      let granted: boolean | undefined;
      const details = { requestingUrl, ...(media && { mediaTypes: media }) };
      session.permissionRequest?.(null, permission, (ok) => (granted = ok), details);
      const mediaType = media?.length === 1 ? media[0] : 'unknown';
      const checked = session.permissionCheck?.(null, permission, requestingUrl, media ? { mediaType } : {});
      expect(checked).toBe(granted);
      return granted;
    };
    for (const permission of ['fullscreen', 'clipboard-sanitized-write']) {
      expect(asks(permission, `${HOME}/`), permission).toBe(true);
      expect(asks(permission, 'https://example.com/'), permission).toBe(false);
    }
    expect(asks('media', `${HOME}/`, ['audio'])).toBe(true);
    expect(asks('media', `${HOME}/`, ['video'])).toBe(false);
    expect(asks('media', `${HOME}/`, ['audio', 'video'])).toBe(false);
    expect(asks('media', `${HOME}/`, [])).toBe(false);
    expect(asks('media', 'http://127.0.0.1:3000/', ['audio'])).toBe(false);
    for (const permission of ['geolocation', 'notifications', 'clipboard-read', 'openExternal', 'display-capture']) {
      expect(asks(permission, `${HOME}/`), permission).toBe(false);
    }
    expect(session.devicePermission?.()).toBe(false);
  });

  it('comes back after its page crashed, unless it is gone', async () => {
    const { webContents } = await desktop.launch();
    webContents.emit('render-process-gone', {}, { reason: 'clean-exit' });
    expect(webContents.reload).not.toHaveBeenCalled();
    webContents.emit('render-process-gone', {}, { reason: 'crashed' });
    expect(webContents.reload).toHaveBeenCalledOnce();
  });
});

describe('its place on the screen', () => {
  const stateFile = () => join(desktop.dataDir, 'window.json');

  it('fits small screens at first', async () => {
    fake.screen.displays = [{ id: 1, workArea: { x: 0, y: 0, width: 1024, height: 600 } }];
    const { options } = await desktop.launch();
    expect(options).toMatchObject({ width: 1024, height: 600 });
    expect(options).not.toHaveProperty('x');
  });

  it('is kept when it closes, and found again', async () => {
    const first = await desktop.launch();
    first.bounds = { x: 300, y: 200, width: 900, height: 650 };
    first.maximized = true;
    first.close();
    expect(JSON.parse(readFileSync(stateFile(), 'utf8'))).toEqual({ ...first.bounds, maximised: true });
    fake.BrowserWindow.all = [];
    const second = await desktop.launch();
    expect(second.options).toMatchObject(first.bounds);
    expect(second.maximize).toHaveBeenCalledOnce();
  });

  it('is written once for a whole movement', async () => {
    const window = await desktop.launch();
    vi.useFakeTimers();
    for (let x = 0; x < 50; x++) {
      window.bounds = { ...window.bounds, x };
      window.emit('move');
    }
    expect(() => readFileSync(stateFile())).toThrow();
    vi.advanceTimersByTime(1_000);
    expect(JSON.parse(readFileSync(stateFile(), 'utf8')).x).toBe(49);
  });

  it('is forgotten where the file holds nonsense', async () => {
    writeFileSync(stateFile(), '{"x":"left"}');
    expect((await desktop.launch()).options).toMatchObject({ width: 1280, height: 800 });
  });
});

describe('the window of the clean feed', () => {
  const feed = () => fake.BrowserWindow.all[1]!;

  it('has no frame, stays on top, is see-through, and holds nothing of ours but the page', async () => {
    await desktop.launch();
    await desktop.call('open-feed', 123_456);
    expect(feed().loadURL).toHaveBeenCalledWith(`${HOME}/stage?sessionid=123456`);
    expect(feed().options).toMatchObject({ frame: false, transparent: true, alwaysOnTop: true });
    expect(feed().options.webPreferences).toMatchObject(SAFE);
    expect(feed().options.webPreferences).not.toHaveProperty('preload');
    const event = { url: `${HOME}/`, preventDefault: vi.fn() };
    feed().webContents.emit('will-navigate', event);
    expect(event.preventDefault).toHaveBeenCalled();
  });

  it('is one at a time, and lies below others if so wished', async () => {
    await desktop.launch();
    await desktop.call('open-feed', null);
    expect(feed().loadURL).toHaveBeenCalledWith(`${HOME}/stage`);
    await desktop.call('change-desktop', { feedOnTop: false });
    expect(feed().setAlwaysOnTop).toHaveBeenCalledWith(false);
    await desktop.call('open-feed', 2);
    expect(feed().destroyed).toBe(true);
    expect(fake.BrowserWindow.all[2]?.options.alwaysOnTop).toBe(false);
  });

  it('fills the screen on F11, and closes on Esc', async () => {
    await desktop.launch();
    desktop.menuItem('feed')?.click?.();
    const press = (key: string) =>
      feed().webContents.emit('before-input-event', { preventDefault: vi.fn() }, { type: 'keyDown', key });
    press('F11');
    expect(feed().fullScreen).toBe(true);
    press('Escape');
    expect([feed().fullScreen, feed().destroyed]).toEqual([false, false]);
    press('Escape');
    expect(feed().destroyed).toBe(true);
  });

  it('brings the token where everyone needs one', async () => {
    desktop.give({ require_token: true });
    await desktop.launch();
    await desktop.call('open-feed', 5);
    expect(feed().loadURL).toHaveBeenCalledWith(`${HOME}/stage?token=se%2Fcret&sessionid=5`);
  });
});
