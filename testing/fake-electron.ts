import { EventEmitter } from 'node:events';
import { vi } from 'vitest';

/**
 * Stands in for `electron` in unit tests (`vi.mock('electron', () => import('.../testing/fake-electron'))`): records what the
 * shell asks for and lets tests play the system's part. Only what the shell uses; a new use fails loudly.
 */

type Details = { requestingUrl: string; mediaTypes?: string[] };

class FakeSession {
  permissionRequest: ((c: unknown, p: string, answer: (ok: boolean) => void, d: Details) => void) | null = null;
  permissionCheck: ((c: unknown, permission: string, origin: string, d: { mediaType?: string }) => boolean) | null =
    null;
  devicePermission: (() => boolean) | null = null;
  setPermissionRequestHandler(handler: FakeSession['permissionRequest']): void {
    this.permissionRequest = handler;
  }
  setPermissionCheckHandler(handler: FakeSession['permissionCheck']): void {
    this.permissionCheck = handler;
  }
  setDevicePermissionHandler(handler: FakeSession['devicePermission']): void {
    this.devicePermission = handler;
  }
}

class FakeWebContents extends EventEmitter {
  readonly session = new FakeSession();
  readonly reload = vi.fn();
  readonly send = vi.fn((_channel: string, _value: unknown) => undefined);
  windowOpen: ((details: { url: string }) => { action: string }) | null = null;
  url = '';
  getURL(): string {
    return this.url;
  }
  setWindowOpenHandler(handler: FakeWebContents['windowOpen']): void {
    this.windowOpen = handler;
  }
}

interface Bounds {
  x: number;
  y: number;
  width: number;
  height: number;
}

export class BrowserWindow extends EventEmitter {
  static all: BrowserWindow[] = [];
  readonly webContents = new FakeWebContents();
  readonly loadURL = vi.fn(async (url: string) => void (this.webContents.url = url));
  readonly show = vi.fn();
  readonly focus = vi.fn();
  readonly restore = vi.fn();
  readonly maximize = vi.fn(() => void (this.maximized = true));
  readonly setAlwaysOnTop = vi.fn((_on: boolean) => undefined);
  readonly setFullScreen = vi.fn((on: boolean) => void (this.fullScreen = on));
  readonly close = vi.fn(() => {
    this.emit('close');
    this.destroy();
  });
  readonly destroy = vi.fn(() => void (this.destroyed = true));
  bounds: Bounds = { x: 10, y: 20, width: 1000, height: 700 };
  minimized = false;
  maximized = false;
  fullScreen = false;
  focused = false;
  destroyed = false;
  constructor(readonly options: Record<string, unknown> & { webPreferences: Record<string, unknown> }) {
    super();
    BrowserWindow.all.push(this);
  }
  isMinimized = (): boolean => this.minimized;
  isMaximized = (): boolean => this.maximized;
  isFullScreen = (): boolean => this.fullScreen;
  isFocused = (): boolean => this.focused;
  isDestroyed = (): boolean => this.destroyed;
  getNormalBounds = (): Bounds => this.bounds;
}

class FakeApp extends EventEmitter {
  isPackaged = false;
  hasLock = true;
  locale = 'en-GB';
  readonly exit = vi.fn((_code: number) => undefined);
  readonly setAppUserModelId = vi.fn((_id: string) => undefined);
  whenReady = async (): Promise<void> => undefined;
  requestSingleInstanceLock = (): boolean => this.hasLock;
  getLocale = (): string => this.locale;
  /** As the real one: asks `will-quit` listeners, and exits unless one of them prevents it. */
  readonly quit = vi.fn(() => {
    const event = { prevented: false, preventDefault: () => void (event.prevented = true) };
    this.emit('will-quit', event);
    if (!event.prevented) this.exit(0);
  });
}

export const app = new FakeApp();

export interface FakeMenuItem {
  id?: string;
  label?: string;
  enabled?: boolean;
  click?: () => void;
  submenu?: FakeMenuItem[];
}

export const Menu = {
  current: null as FakeMenuItem[] | null,
  buildFromTemplate: (template: FakeMenuItem[]) => template,
  setApplicationMenu(menu: FakeMenuItem[]): void {
    Menu.current = menu;
  },
};

export class Tray extends EventEmitter {
  static all: Tray[] = [];
  /** Set to make the next one fail, as on a desktop without a tray. */
  static problem: Error | null = null;
  menu: FakeMenuItem[] = [];
  toolTip = '';
  readonly destroy = vi.fn();
  constructor(readonly image: { path: string }) {
    super();
    if (Tray.problem) throw Tray.problem;
    Tray.all.push(this);
  }
  setContextMenu(menu: FakeMenuItem[]): void {
    this.menu = menu;
  }
  setToolTip(text: string): void {
    this.toolTip = text;
  }
}

export const nativeImage = {
  createFromPath: (path: string) => ({ path, setTemplateImage: vi.fn((_template: boolean) => undefined) }),
};

export class Notification extends EventEmitter {
  static all: Notification[] = [];
  static isSupported = (): boolean => true;
  /** No mock, which would hold on to what it was called on: the app itself has to. */
  show(): void {
    Notification.all.push(this);
  }
  constructor(readonly options: { title: string; body: string }) {
    super();
  }
}

export const globalShortcut = {
  held: new Map<string, () => void>(),
  /** Keys that another program has. */
  taken: new Set<string>(),
  register(keys: string, press: () => void): boolean {
    if (keys.includes('Nonsense')) throw new TypeError('conversion failure');
    if (globalShortcut.taken.has(keys)) return false;
    globalShortcut.held.set(keys, press);
    return true;
  },
  unregister: (keys: string): void => void globalShortcut.held.delete(keys),
};

/** Seals by reversing: enough to tell sealed from plain. */
const reversed = (text: string) => [...text].reverse().join('');
export const safeStorage = {
  available: true,
  backend: 'gnome_libsecret',
  isEncryptionAvailable: (): boolean => safeStorage.available,
  getSelectedStorageBackend: (): string => safeStorage.backend,
  encryptString: vi.fn((text: string): Buffer => Buffer.from(reversed(text))),
  decryptString: vi.fn((bytes: Buffer): string => reversed(bytes.toString())),
};

type Frame = { origin: string; parent?: object | null } | null;
type IpcHandler = (event: { senderFrame: Frame }, ...args: unknown[]) => unknown;

export const ipcMain = {
  handlers: new Map<string, IpcHandler>(),
  handle(channel: string, handler: IpcHandler): void {
    ipcMain.handlers.set(channel, handler);
  },
};

export const ipcRenderer = Object.assign(new EventEmitter(), {
  invoke: vi.fn(async (_channel: string, ..._args: unknown[]) => undefined),
});
export const contextBridge = { exposeInMainWorld: vi.fn((_name: string, _api: object) => undefined) };
export const clipboard = { writeText: vi.fn((_text: string) => undefined) };
export const shell = {
  openExternal: vi.fn(async (_url: string) => undefined),
  showItemInFolder: vi.fn((_path: string) => undefined),
  trashItem: vi.fn(async (_path: string) => undefined),
};
export const dialog = { showErrorBox: vi.fn((_title: string, _text: string) => undefined) };

interface FakeDisplay {
  id: number;
  workArea: Bounds;
}
const primary = (): FakeDisplay => ({ id: 1, workArea: { x: 0, y: 0, width: 1920, height: 1080 } });
export const screen = {
  displays: [primary()],
  getPrimaryDisplay: (): FakeDisplay => screen.displays[0]!,
  getAllDisplays: (): FakeDisplay[] => screen.displays,
};

/** As at the start of a process. */
export function reset(): void {
  vi.clearAllMocks();
  app.removeAllListeners();
  app.hasLock = true;
  app.isPackaged = false;
  app.locale = 'en-GB';
  BrowserWindow.all = [];
  Menu.current = null;
  Tray.all = [];
  Tray.problem = null;
  Notification.all = [];
  globalShortcut.held.clear();
  globalShortcut.taken.clear();
  safeStorage.available = true;
  safeStorage.backend = 'gnome_libsecret';
  ipcMain.handlers.clear();
  ipcRenderer.removeAllListeners();
  screen.displays = [primary()];
}
