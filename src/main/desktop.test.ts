import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { desktopTest, fake, HOME } from '../../testing/desktop';
import { type DesktopState, MESSAGES } from '../preload/bridge';
import { splitArguments } from './opened-files';
import { systemVault } from './secrets';
import { appRoot } from './server/entries';

const desktop = desktopTest();
const sent = (window: { webContents: { send: { mock: { calls: unknown[][] } } } }, channel: string) =>
  window.webContents.send.mock.calls.filter(([to]) => to === channel).map(([, value]) => value);

describe('the menu and the tray', () => {
  it('show the address, copy it and open it', async () => {
    await desktop.launch();
    expect(desktop.menuItem('address')).toMatchObject({ label: `Listening on ${HOME}`, enabled: false });
    desktop.menuItem('copy')?.click?.();
    expect(fake.clipboard.writeText).toHaveBeenCalledWith(HOME);
    desktop.menuItem('open')?.click?.();
    expect(fake.shell.openExternal).toHaveBeenCalledWith(`${HOME}/`);
    desktop.trayItem('quit')?.click?.();
    expect(fake.app.quit).toHaveBeenCalledOnce();
  });

  it('speak Chinese', async () => {
    fake.app.locale = 'zh-CN';
    await desktop.launch();
    expect(desktop.menuItem('copy')?.label).toBe('复制地址');
    expect(desktop.trayItem('start-stop')?.label).toBe('停止服务器');
  });

  it('lead to the settings', async () => {
    const window = await desktop.launch();
    desktop.menuItem('settings')?.click?.();
    expect(sent(window, MESSAGES.command)).toEqual(['settings']);
  });

  it('do not need a tray', async () => {
    fake.Tray.problem = new Error('no StatusNotifierHost');
    const window = await desktop.launch();
    expect(window.loadURL).toHaveBeenCalled();
    fake.app.quit();
    await vi.waitFor(() => expect(fake.app.exit).toHaveBeenCalledWith(0));
  });
});

describe('hotkeys', () => {
  const INTERRUPT = 'CommandOrControl+Alt+Shift+I';

  it('reach the page from anywhere', async () => {
    const window = await desktop.launch();
    expect(fake.globalShortcut.held.size).toBe(3);
    for (const press of fake.globalShortcut.held.values()) press();
    expect(sent(window, MESSAGES.command)).toEqual(['interrupt', 'record', 'nextLine']);
    window.destroyed = true;
    fake.globalShortcut.held.get(INTERRUPT)?.();
    expect(sent(window, MESSAGES.command)).toHaveLength(3);
  });

  it('that another program has are told, and the others work', async () => {
    fake.globalShortcut.taken.add(INTERRUPT);
    await desktop.launch();
    expect(fake.Notification.all.map(({ options }) => options.body)).toEqual([expect.stringContaining(INTERRUPT)]);
    expect(((await desktop.call('desktop')) as DesktopState).takenHotkeys).toEqual(['interrupt']);
    expect(fake.globalShortcut.held.size).toBe(2);
  });

  it('are chosen, switched off, and kept', async () => {
    await desktop.launch();
    const chosen = { interrupt: 'F9', record: '', nextLine: 'F9' };
    const state = (await desktop.call('change-desktop', { hotkeys: chosen })) as DesktopState;
    // One key does one thing.
    expect(state.takenHotkeys).toEqual(['nextLine']);
    expect([...fake.globalShortcut.held.keys()]).toEqual(['F9']);
    await desktop.call('change-desktop', { hotkeys: { nextLine: 'Alt+Nonsense' } });
    expect([...fake.globalShortcut.held.keys()]).toEqual(['F9']);
    fake.globalShortcut.held.clear();
    await desktop.launch();
    expect([...fake.globalShortcut.held.keys()]).toEqual(['F9']);
  });
});

describe('files', () => {
  const sound = (name: string) => {
    const path = join(desktop.dataDir, name);
    writeFileSync(path, 'RIFF');
    return path;
  };

  it('that are opened with Herald are played once the page is there', async () => {
    const path = sound('a.WAV');
    const window = await desktop.launch(path);
    expect(desktop.loadSettings).toHaveBeenCalledWith(expect.objectContaining({ argv: [] }));
    window.webContents.emit('did-finish-load');
    await vi.waitFor(() => expect(sent(window, MESSAGES.file)).toHaveLength(1));
    expect(sent(window, MESSAGES.file)[0]).toEqual({ name: 'a.WAV', bytes: new TextEncoder().encode('RIFF') });

    const event = { preventDefault: vi.fn() };
    fake.app.emit('open-file', event, path);
    expect(event.preventDefault).toHaveBeenCalled();
    await vi.waitFor(() => expect(sent(window, MESSAGES.file)).toHaveLength(2));
    fake.app.emit('second-instance', {}, ['electron', '.', 'a.WAV', 'b.txt'], desktop.dataDir);
    await vi.waitFor(() => expect(sent(window, MESSAGES.file)).toHaveLength(3));
  });

  it('that cannot be played say why', async () => {
    desktop.give({ max_upload_mb: 1 });
    const window = await desktop.launch();
    window.webContents.emit('did-finish-load');
    const large = join(desktop.dataDir, 'large.mp3');
    writeFileSync(large, Buffer.alloc(1024 * 1024 + 1));
    for (const path of [large, join(desktop.dataDir, 'gone.wav'), sound('notes.txt')]) {
      fake.app.emit('open-file', { preventDefault: vi.fn() }, path);
    }
    await vi.waitFor(() => expect(fake.Notification.all).toHaveLength(3));
    const bodies = fake.Notification.all.map(({ options }) => options.body).join('\n');
    expect(bodies).toContain('--max_upload_mb');
    expect(bodies).toContain('ENOENT');
    expect(bodies).toContain('notes.txt is not a sound');
    expect(sent(window, MESSAGES.file)).toEqual([]);
  });

  it.each([
    [['a.mp3', '--listenport', '1'], ['a.mp3']],
    [['--REF_FILE', 'voice.wav', 'b.ogg'], ['b.ogg']],
    [['--ref-file=voice.wav', 'b.ogg'], ['b.ogg']],
    [['--no_auth', 'b.ogg'], ['b.ogg']],
    [['notes.txt', '--voice', 'x'], []],
  ])('are told from flags: %j', (args, files) => {
    expect(splitArguments(args).files).toEqual(files);
    expect(splitArguments(args).flags).toEqual(args.filter((argument) => !files.includes(argument)));
  });
});

describe('notifications', () => {
  it('tell of exports and clips that ended while nobody looked', async () => {
    const window = await desktop.launch();
    const { onJobEnded } = desktop.startOptions();
    onJobEnded?.({ kind: 'export', title: 'Talk', state: 'done' });
    onJobEnded?.({ kind: 'clip', title: 'Intro', state: 'failed', problem: 'the disk is full' });
    onJobEnded?.({ kind: 'clip', title: 'Intro', state: 'cancelled' });
    window.focused = true;
    onJobEnded?.({ kind: 'clip', title: 'Seen', state: 'done' });
    window.focused = false;
    await desktop.call('change-desktop', { notify: false });
    onJobEnded?.({ kind: 'clip', title: 'Unwanted', state: 'done' });
    expect(fake.Notification.all.map(({ options: { title, body } }) => [title, body])).toEqual([
      ['The export is ready', 'Talk'],
      ['The clip failed', 'Intro: the disk is full'],
    ]);
    fake.Notification.all[0]?.emit('click');
    expect(window.focus).toHaveBeenCalled();
  });

  it('are kept until they are answered or gone: the click of one that is collected reaches nobody', async () => {
    const window = await desktop.launch();
    const { onJobEnded } = desktop.startOptions();
    onJobEnded?.({ kind: 'export', title: 'Talk', state: 'done' });
    // The fake holds on to all that were shown; without it only Herald does.
    const shown = new WeakRef(fake.Notification.all.pop()!);
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    await new Promise((resolve) => setImmediate(resolve));
    (runInNewContext('gc') as () => void)();
    expect(shown.deref()).toBeDefined();
    shown.deref()?.emit('click');
    expect(window.focus).toHaveBeenCalled();
  });

  it('are allowed by Windows to the program that was installed', async () => {
    const { platform } = process;
    Object.defineProperty(process, 'platform', { value: 'win32' });
    try {
      await desktop.launch();
    } finally {
      Object.defineProperty(process, 'platform', { value: platform });
    }
    const config = readFileSync(join(appRoot, 'packaging', 'electron-builder.yml'), 'utf8');
    expect(fake.app.setAppUserModelId.mock.calls).toEqual([[/^appId: (.+)$/m.exec(config)?.[1]]]);
  });
});

describe('safe storage', () => {
  it('seals and opens', async () => {
    const vault = systemVault()!;
    const sealed = vault.seal('sk-1')!;
    expect(JSON.stringify(sealed)).not.toContain('sk-1');
    expect(vault.open(sealed)).toBe('sk-1');
    await desktop.launch();
    expect(desktop.startOptions().vault?.seal('x')).toBeDefined();
    expect(((await desktop.call('desktop')) as DesktopState).safeStorage).toBe(true);
  });

  it('that fails is as none', () => {
    const vault = systemVault()!;
    fake.safeStorage.encryptString.mockImplementationOnce(() => {
      throw new Error('the keyring is locked');
    });
    fake.safeStorage.decryptString.mockImplementationOnce(() => {
      throw new Error('another user sealed this');
    });
    expect(vault.seal('sk-1')).toBeUndefined();
    expect(vault.open({ sealed: 'AAAA' })).toBeUndefined();
  });

  it.runIf(process.platform === 'linux')('with a password that everyone knows is none', async () => {
    fake.safeStorage.backend = 'basic_text';
    expect(systemVault()).toBeUndefined();
    await desktop.launch();
    expect(desktop.startOptions()).not.toHaveProperty('vault');
    expect(((await desktop.call('desktop')) as DesktopState).safeStorage).toBe(false);
  });
});
