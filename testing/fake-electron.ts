import { EventEmitter } from 'node:events';
import { vi } from 'vitest';

/**
 * Stands in for `electron` in unit tests (`vi.mock('electron', () => import('.../testing/fake-electron'))`): records what the
 * shell asks for and lets tests play the system's part. Only what the shell uses; a new use fails loudly.
 */

class FakeSession {
  permissionRequest:
    | ((c: unknown, p: string, answer: (ok: boolean) => void, d: { requestingUrl: string }) => void)
    | null = null;
  permissionCheck: ((c: unknown, permission: string, origin: string) => boolean) | null = null;
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
  windowOpen: ((details: { url: string }) => { action: string }) | null = null;
  setWindowOpenHandler(handler: FakeWebContents['windowOpen']): void {
    this.windowOpen = handler;
  }
}

export class BrowserWindow extends EventEmitter {
  static all: BrowserWindow[] = [];
  readonly webContents = new FakeWebContents();
  readonly loadURL = vi.fn(async (_url: string) => undefined);
  readonly show = vi.fn();
  readonly focus = vi.fn();
  readonly restore = vi.fn();
  minimized = false;
  destroyed = false;
  constructor(readonly options: Record<string, unknown> & { webPreferences: Record<string, unknown> }) {
    super();
    BrowserWindow.all.push(this);
  }
  isMinimized(): boolean {
    return this.minimized;
  }
  isDestroyed(): boolean {
    return this.destroyed;
  }
}

class FakeApp extends EventEmitter {
  isPackaged = false;
  hasLock = true;
  locale = 'en-GB';
  readonly exit = vi.fn((_code: number) => undefined);
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

interface FakeMenuItem {
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

type IpcHandler = (event: { senderFrame: { origin: string } | null }) => unknown;

export const ipcMain = {
  handlers: new Map<string, IpcHandler>(),
  handle(channel: string, handler: IpcHandler): void {
    ipcMain.handlers.set(channel, handler);
  },
};

export const ipcRenderer = { invoke: vi.fn(async (_channel: string, ..._args: unknown[]) => undefined) };
export const contextBridge = { exposeInMainWorld: vi.fn((_name: string, _api: object) => undefined) };
export const clipboard = { writeText: vi.fn((_text: string) => undefined) };
export const shell = { openExternal: vi.fn(async (_url: string) => undefined) };
export const dialog = { showErrorBox: vi.fn((_title: string, _text: string) => undefined) };
export const screen = {
  workAreaSize: { width: 1920, height: 1080 },
  getPrimaryDisplay: () => ({ workAreaSize: screen.workAreaSize }),
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
  ipcMain.handlers.clear();
  screen.workAreaSize = { width: 1920, height: 1080 };
}
