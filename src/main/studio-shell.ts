import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { app, type BrowserWindow, clipboard, Menu, screen, shell } from 'electron';
import { type DesktopCommand, type DesktopState, MESSAGES, type OpenedFile } from '../preload/bridge';
import { openFeedWindow } from './feed-window';
import { Hotkeys } from './hotkeys';
import { answerPage } from './ipc';
import { menuTemplate, type ShellActions } from './menu';
import { noticeOf, notify } from './notifications';
import { readOpened } from './opened-files';
import { PreferenceFile } from './preferences';
import { appRoot } from './server/entries';
import type { EndedJob } from './server/job-queue';
import type { Log } from './server/log';
import { filesOf, parseMediaName } from './server/recordings/names';
import { version } from './server/version';
import type { ServerControl } from './server-control';
import { HeraldTray } from './tray';
import { focusWindow, openStudioWindow } from './window';
import { wordsFor } from './words';

export interface StudioShellOptions {
  control: ServerControl;
  dataDir: string;
  log: Log;
  /** Whether the page needs the token although it is of this machine. */
  requireToken(): boolean;
  maxUploadBytes(): number;
  safeStorage: boolean;
}

/** What Chromium says of a load that another one replaced (net::ERR_ABORTED). */
const ABORTED = -3;
/** Files that wait for a page; more at once are a slip of the mouse. */
const MAX_WAITING_FILES = 8;

/** The desktop around the server: windows, menu, tray, keys, notifications. */
export class StudioShell {
  readonly #options: StudioShellOptions;
  readonly #words = wordsFor(app.getLocale());
  readonly #preferences: PreferenceFile;
  readonly #hotkeys = new Hotkeys((hotkey) => this.#command(hotkey));
  readonly #tray: HeraldTray;
  #window: BrowserWindow | null = null;
  #feed: BrowserWindow | null = null;
  /** The page listens from its first load on; until then commands and files wait. */
  #pageReady = false;
  #pageFailed = false;
  #waiting: OpenedFile[] = [];

  readonly #actions: ShellActions = {
    show: () => this.show(),
    copyAddress: () => clipboard.writeText(this.#url ?? ''),
    openInBrowser: () => void shell.openExternal(this.#pageUrl()),
    openFeed: () => this.openFeed(null),
    openSettings: () => this.#command('settings'),
    startServer: () => void this.#startServer(() => this.#options.control.start()),
    stopServer: () => void this.#options.control.stop(),
    quit: () => app.quit(),
  };

  constructor(options: StudioShellOptions) {
    this.#options = options;
    const { control, dataDir, log } = options;
    this.#preferences = new PreferenceFile(join(dataDir, 'desktop.json'));
    this.#tray = new HeraldTray(
      iconFile(process.platform === 'darwin' ? 'trayTemplate.png' : 'tray.png'),
      () => this.show(),
      (message) => log.info(message),
    );
    this.#applyHotkeys();
    control.onChange(() => this.#serverChanged());
    this.#serverChanged();
    answerPage(() => this.#url && new URL(this.#url).origin, {
      info: () => ({ url: this.#url ?? '', version, platform: process.platform }),
      openInBrowser: this.#actions.openInBrowser,
      revealRecording: (fileName) => this.#reveal(fileName),
      openFeed: (sessionId) => this.openFeed(sessionId),
      restartServer: () => this.#startServer(() => control.restart()),
      desktop: () => this.#desktop(),
      changeDesktop: (changes) => {
        const { hotkeys, feedOnTop } = this.#preferences.change(changes);
        if (changes.hotkeys) this.#hotkeys.apply(hotkeys);
        this.#feed?.setAlwaysOnTop(feedOnTop);
        return this.#desktop();
      },
    });
  }

  /** Whether the app goes on without a window. */
  get staysWithoutWindow(): boolean {
    return process.platform === 'darwin' || this.#preferences.current.closeToTray;
  }

  /** Brings the window to the front, or opens one; starts the server where it is stopped. */
  show(): void {
    const { control } = this.#options;
    if (control.state.kind === 'stopped') void this.#startServer(() => control.start());
    if (this.#window && !this.#window.isDestroyed()) {
      focusWindow(this.#window);
      return;
    }
    if (!this.#url) return;
    this.#pageReady = false;
    this.#pageFailed = false;
    const window = openStudioWindow({
      pageUrl: this.#pageUrl(),
      preload: join(import.meta.dirname, '..', 'preload', 'index.cjs'),
      devTools: !app.isPackaged,
      stateFile: join(this.#options.dataDir, 'window.json'),
      icon: iconFile('icon.png'),
    });
    this.#window = window;
    window.webContents.on('did-finish-load', () => this.#pageLoaded());
    window.webContents.on('did-fail-load', (_event, code, _why, _url, isMainFrame) => {
      if (isMainFrame && code !== ABORTED) this.#pageFailed = true;
    });
  }

  openFeed(sessionId: number | null): void {
    if (!this.#url) return;
    if (this.#feed && !this.#feed.isDestroyed()) this.#feed.close();
    const query = new URLSearchParams(new URL(this.#pageUrl()).searchParams);
    if (sessionId !== null) query.set('sessionid', String(sessionId));
    const primary = screen.getPrimaryDisplay();
    const others = screen.getAllDisplays().filter(({ id }) => id !== primary.id);
    this.#feed = openFeedWindow({
      feedUrl: `${this.#url}/stage${query.size > 0 ? `?${query}` : ''}`,
      onTop: this.#preferences.current.feedOnTop,
      stateFile: join(this.#options.dataDir, 'feed-window.json'),
      displays: [primary, ...others].map(({ workArea }) => workArea),
    });
  }

  /** Files that were opened with Herald or dropped on its icon: the presenter plays them. */
  async playFiles(paths: readonly string[]): Promise<void> {
    for (const path of paths.slice(0, MAX_WAITING_FILES)) {
      try {
        const file = await readOpened(path, this.#options.maxUploadBytes());
        if (this.#pageReady) this.#window?.webContents.send(MESSAGES.file, file);
        else if (this.#waiting.length < MAX_WAITING_FILES) this.#waiting.push(file);
      } catch (error) {
        const body = error instanceof Error ? error.message : String(error);
        this.#options.log.warn(`${path} is not played: ${body}`);
        notify({ title: this.#words.fileFailed, body }, () => this.show());
      }
    }
  }

  jobEnded(job: EndedJob): void {
    // Who looks at the window sees it there.
    if (!this.#preferences.current.notify || this.#window?.isFocused()) return;
    const notice = noticeOf(job, this.#words);
    if (notice) notify(notice, () => this.show());
  }

  /** To be called once, when the app ends. */
  close(): void {
    this.#hotkeys.release();
    this.#tray.remove();
  }

  get #url(): string | undefined {
    return this.#options.control.server?.url;
  }

  #pageUrl(): string {
    const { control, requireToken } = this.#options;
    const token = control.server?.token ?? '';
    return `${this.#url}/${requireToken() ? `?token=${encodeURIComponent(token)}` : ''}`;
  }

  #serverChanged(): void {
    const { state } = this.#options.control;
    const look = { state, words: this.#words, actions: this.#actions };
    Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate({ ...look, platform: process.platform })));
    this.#tray.update(look);
    if (state.kind !== 'running' || !this.#window || this.#window.isDestroyed()) return;
    // A page that is there comes back by itself; one that could not be loaded meanwhile, or is another server's, cannot.
    const { pathname: _path, origin } = new URL(state.url);
    const shown = this.#window.webContents.getURL();
    if (!this.#pageFailed && URL.canParse(shown) && new URL(shown).origin === origin) return;
    this.#window.destroy();
    this.#window = null;
    this.show();
  }

  #pageLoaded(): void {
    this.#pageReady = true;
    this.#pageFailed = false;
    for (const file of this.#waiting.splice(0)) this.#window?.webContents.send(MESSAGES.file, file);
  }

  #command(command: DesktopCommand): void {
    if (command === 'settings') this.show();
    if (this.#window && !this.#window.isDestroyed()) this.#window.webContents.send(MESSAGES.command, command);
  }

  async #startServer(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      const body = error instanceof Error ? error.message : String(error);
      this.#options.log.error(body);
      notify({ title: this.#words.serverFailed, body }, () => this.show());
    }
  }

  #applyHotkeys(): void {
    const { hotkeys } = this.#preferences.current;
    const taken = this.#hotkeys.apply(hotkeys);
    if (taken.length === 0) return;
    const keys = taken.map((hotkey) => hotkeys[hotkey]).join(', ');
    this.#options.log.warn(`these keys are not available: ${keys}. Choose others in the settings.`);
    notify({ title: this.#words.hotkeysTaken, body: this.#words.hotkeysTakenWhy(keys) }, this.#actions.openSettings);
  }

  #desktop(): DesktopState {
    return {
      preferences: this.#preferences.current,
      takenHotkeys: this.#hotkeys.taken,
      safeStorage: this.#options.safeStorage,
    };
  }

  /** Only a recording of ours, by a name that cannot lead out of its folder. */
  async #reveal(fileName: string): Promise<boolean> {
    const name = parseMediaName(fileName);
    if (!name) return false;
    const dir = join(this.#options.dataDir, 'recordings');
    const path = await realpath(filesOf(dir, name).media).catch(() => undefined);
    if (path === undefined || !path.startsWith(await realpath(dir))) return false;
    shell.showItemInFolder(path);
    return true;
  }
}

const iconFile = (name: string) => join(appRoot, 'resources', 'icons', name);
