import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { desktopTest, fake, HOME } from '../../testing/desktop';
import { CHANNELS, type HeraldBridge, MESSAGES } from '../preload/bridge';

const desktop = desktopTest();

describe('what the page may ask', () => {
  it('is this and no more, from its own main frame only', async () => {
    await desktop.launch();
    expect([...fake.ipcMain.handlers.keys()].sort()).toEqual(Object.values(CHANNELS).sort());
    expect(await desktop.call('info')).toEqual({ url: HOME, version: '9.9.9', platform: process.platform });
    const strangers = [null, { origin: 'https://example.com' }, { origin: HOME, parent: {} }, { origin: 'null' }];
    for (const [channel, handler] of fake.ipcMain.handlers) {
      for (const senderFrame of strangers) {
        expect(() => handler({ senderFrame }), channel).toThrow('Only the studio page');
      }
    }
  });

  it.each([
    ['info', ['extra']],
    ['open-feed', ['123456']],
    ['open-feed', [-1]],
    ['open-feed', []],
    ['reveal-recording', [{ toString: 'x' }]],
    ['change-desktop', [{ closeToTray: 'yes' }]],
    ['change-desktop', [{ evil: true }]],
    ['change-desktop', [{ hotkeys: { record: 'a' } }]],
    ['change-desktop', [{ hotkeys: { quit: 'F9' } }]],
  ])('%s refuses %j', async (channel, args) => {
    await desktop.launch();
    await expect(desktop.call(channel, ...args)).rejects.toThrow();
    expect(fake.BrowserWindow.all).toHaveLength(1);
    expect(() => readFileSync(join(desktop.dataDir, 'desktop.json'))).toThrow();
  });
});

describe('a recording', () => {
  const NAME = '2026-03-04-050607-clara-123456.mp4';

  it('is shown in the file manager, by its name', async () => {
    await desktop.launch();
    const dir = join(desktop.dataDir, 'recordings');
    mkdirSync(dir);
    writeFileSync(join(dir, NAME), '');
    expect(await desktop.call('reveal-recording', NAME)).toBe(true);
    expect(fake.shell.showItemInFolder).toHaveBeenCalledWith(expect.stringMatching(/recordings.2026-03-04-050607/));
  });

  it('that is none, or lies elsewhere, is not', async () => {
    await desktop.launch();
    const dir = join(desktop.dataDir, 'recordings');
    mkdirSync(dir);
    writeFileSync(join(desktop.dataDir, 'token'), 'secret');
    symlinkSync(join(desktop.dataDir, 'token'), join(dir, NAME));
    for (const name of [
      '../token',
      '/etc/passwd',
      'token',
      NAME,
      '2026-03-04-050607-vera-1.mp4',
      `../recordings/${NAME}`,
    ]) {
      expect(await desktop.call('reveal-recording', name), name).toBe(false);
    }
    expect(fake.shell.showItemInFolder).not.toHaveBeenCalled();
  });
});

describe('the preload script', () => {
  const expose = async (): Promise<HeraldBridge> => {
    vi.resetModules();
    await import('../preload/index');
    const [name, bridge] = fake.contextBridge.exposeInMainWorld.mock.calls[0] ?? [];
    expect(name).toBe('herald');
    return bridge as HeraldBridge;
  };

  it('gives the page functions with fixed channels', async () => {
    const bridge = await expose();
    expect(Object.keys(bridge).sort()).toEqual([...Object.keys(CHANNELS), 'onCommand', 'onFile'].sort());
    await (bridge as unknown as { info(channel: string): Promise<unknown> }).info('evil');
    expect(fake.ipcRenderer.invoke).toHaveBeenCalledWith(CHANNELS.info);
  });

  it('hands over messages without the event that came with them, until it is told to stop', async () => {
    const bridge = await expose();
    const heard: unknown[][] = [];
    const stop = bridge.onCommand((...args) => void heard.push(args));
    fake.ipcRenderer.emit(MESSAGES.command, { sender: 'ipcRenderer' }, 'record');
    stop();
    fake.ipcRenderer.emit(MESSAGES.command, {}, 'record');
    expect(heard).toEqual([['record']]);
  });
});
