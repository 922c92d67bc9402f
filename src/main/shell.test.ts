import { describe, expect, it, vi } from 'vitest';
import { desktopTest, fake, HOME } from '../../testing/desktop';
import { ownFlags } from './flags';

const desktop = desktopTest();

describe('one instance', () => {
  it('leaves at once when another one runs', async () => {
    fake.app.hasLock = false;
    await desktop.launch();
    expect(fake.app.exit).toHaveBeenCalledWith(0);
    expect(desktop.startServer).not.toHaveBeenCalled();
    expect(desktop.stdout).toHaveBeenCalledWith(expect.stringContaining('already running'));
  });

  it('brings its window to the front when started again', async () => {
    const window = await desktop.launch();
    window.minimized = true;
    fake.app.emit('second-instance', {}, ['electron', '.'], '/');
    expect(window.restore).toHaveBeenCalled();
    expect(window.focus).toHaveBeenCalled();
    expect(fake.BrowserWindow.all).toHaveLength(1);
  });

  it('opens a new window when the old one was closed', async () => {
    const window = await desktop.launch();
    window.destroyed = true;
    fake.app.emit('activate');
    expect(fake.BrowserWindow.all).toHaveLength(2);
  });
});

describe('quitting', () => {
  it('closes the server first, once, and takes its icon and keys along', async () => {
    await desktop.launch();
    let closed: () => void = () => undefined;
    desktop.close.mockReturnValue(new Promise<void>((resolve) => (closed = resolve)));
    fake.app.quit();
    fake.app.quit();
    await vi.waitFor(() => expect(desktop.close).toHaveBeenCalledOnce());
    expect(fake.app.exit).not.toHaveBeenCalled();
    expect(fake.Tray.all[0]?.destroy).toHaveBeenCalledOnce();
    expect(fake.globalShortcut.held.size).toBe(0);
    closed();
    await vi.waitFor(() => expect(fake.app.exit).toHaveBeenCalledWith(0));
  });

  it('does not wait for ever', async () => {
    await desktop.launch();
    vi.useFakeTimers();
    desktop.close.mockReturnValue(new Promise(() => undefined));
    fake.app.quit();
    vi.advanceTimersByTime(2_000);
    expect(fake.app.exit).toHaveBeenCalledWith(0);
  });

  it.skipIf(process.platform === 'darwin')(
    'follows the last window, unless the tray is to stay; and signals',
    async () => {
      await desktop.launch();
      await desktop.call('change-desktop', { closeToTray: true });
      fake.app.emit('window-all-closed');
      expect(fake.app.quit).not.toHaveBeenCalled();
      await desktop.call('change-desktop', { closeToTray: false });
      fake.app.emit('window-all-closed');
      expect(fake.app.quit).toHaveBeenCalledOnce();
      process.emit('SIGTERM');
      expect(fake.app.quit).toHaveBeenCalledTimes(2);
    },
  );
});

describe('failing to start', () => {
  it('names the port that is in use, on the screen and in the terminal', async () => {
    desktop.startServer.mockRejectedValue(Object.assign(new Error('listen'), { code: 'EADDRINUSE' }));
    await desktop.launch();
    expect(fake.dialog.showErrorBox).toHaveBeenCalledWith(expect.any(String), expect.stringContaining('8010'));
    expect(desktop.stderr).toHaveBeenCalledWith(expect.stringContaining('--listenport'));
    expect(fake.app.exit).toHaveBeenCalledWith(1);
  });

  it('tells every problem of the settings', async () => {
    desktop.loadSettings.mockReturnValue({ kind: 'problems', problems: ['unknown flag --lisen', 'bad --max_session'] });
    await desktop.launch();
    expect(fake.dialog.showErrorBox).toHaveBeenCalledWith(
      expect.any(String),
      'unknown flag --lisen\n\nbad --max_session',
    );
    expect(fake.app.exit).toHaveBeenCalledWith(1);
  });

  it('prints help and leaves', async () => {
    desktop.loadSettings.mockReturnValue({ kind: 'print', text: 'usage' });
    await desktop.launch();
    expect(desktop.stdout).toHaveBeenCalledWith('usage');
    expect(fake.app.exit).toHaveBeenCalledWith(0);
  });
});

describe('the server', () => {
  it('is stopped and started from the tray, with settings read anew, on the port that it had', async () => {
    desktop.give({ listenport: 0 });
    const window = await desktop.launch();
    expect(desktop.trayItem('status')?.label).toBe(`Listening on ${HOME}`);

    desktop.trayItem('start-stop')?.click?.();
    await vi.waitFor(() => expect(desktop.trayItem('start-stop')?.label).toBe('Start the server'));
    expect(desktop.close).toHaveBeenCalledOnce();
    expect(fake.Tray.all[0]?.toolTip).toBe('Herald: The server is stopped');
    expect(desktop.menuItem('copy')?.enabled).toBe(false);

    desktop.give({ listenport: 0, max_session: 7 });
    desktop.trayItem('start-stop')?.click?.();
    await vi.waitFor(() => expect(desktop.trayItem('start-stop')?.label).toBe('Stop the server'));
    expect(desktop.startServer.mock.lastCall?.[0]).toMatchObject({ listenport: 8010, max_session: 7 });
    // The page that is there comes back by itself.
    expect(window.destroyed).toBe(false);
    expect(fake.BrowserWindow.all).toHaveLength(1);
  });

  it('that moved, or whose page could not be loaded, gets a new window', async () => {
    const window = await desktop.launch();
    const moved = { url: 'http://127.0.0.1:9000', host: '', port: 9000, token: 't', close: desktop.close };
    desktop.startServer.mockResolvedValue(moved);
    await desktop.call('restart-server');
    expect(window.destroyed).toBe(true);
    expect(fake.BrowserWindow.all[1]?.loadURL).toHaveBeenCalledWith('http://127.0.0.1:9000/');
    fake.BrowserWindow.all[1]?.webContents.emit('did-fail-load', {}, -102, 'ERR_CONNECTION_REFUSED', moved.url, true);
    desktop.trayItem('start-stop')?.click?.();
    await vi.waitFor(() => expect(desktop.trayItem('start-stop')?.label).toBe('Start the server'));
    desktop.trayItem('show')?.click?.();
    await vi.waitFor(() => expect(fake.BrowserWindow.all).toHaveLength(3));
  });

  it('that does not start again says why', async () => {
    await desktop.launch();
    desktop.startServer.mockRejectedValue(Object.assign(new Error('listen'), { code: 'EADDRINUSE' }));
    await desktop.call('restart-server');
    expect(fake.Notification.all.at(-1)?.options.body).toContain('8010');
    expect(desktop.trayItem('start-stop')?.label).toBe('Start the server');
  });

  it('puts what is deleted into the trash', async () => {
    await desktop.launch();
    await desktop.startOptions().trash?.('/recordings/a.mp4');
    expect(fake.shell.trashItem).toHaveBeenCalledWith('/recordings/a.mp4');
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
