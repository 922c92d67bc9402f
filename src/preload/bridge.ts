/**
 * The whole surface between the page and the desktop shell: the page is the same in any browser, so it needs little. Types
 * and channel names only; both sides import them.
 */
export interface DesktopInfo {
  /** The server's address, as other programs on this computer would use it. */
  url: string;
  version: string;
  platform: string;
}

/** What a person may be told to do from outside the window: by a key anywhere on the system, or from the menu. */
export const COMMANDS = ['interrupt', 'record', 'nextLine', 'settings'] as const;
export type DesktopCommand = (typeof COMMANDS)[number];

/** Keys that work while other programs are in front. */
export const HOTKEYS = ['interrupt', 'record', 'nextLine'] as const satisfies readonly DesktopCommand[];
export type Hotkey = (typeof HOTKEYS)[number];

/** What only the desktop app has; everything else is a setting of the server. Kept in desktop.json of the data folder. */
export interface DesktopPreferences {
  /** As Electron names keys (`CommandOrControl+Alt+Shift+I`); '' is off. */
  hotkeys: Record<Hotkey, string>;
  /** The clean feed's window stays above others. */
  feedOnTop: boolean;
  /** Tell of finished exports and clips. */
  notify: boolean;
  /** Closing the window leaves Herald running in the tray. */
  closeToTray: boolean;
  /** The guide of the first start was seen. */
  welcomed: boolean;
}

export type PreferenceChanges = Partial<Omit<DesktopPreferences, 'hotkeys'>> & {
  hotkeys?: Partial<Record<Hotkey, string>>;
};

export interface DesktopState {
  preferences: DesktopPreferences;
  /** Those that the system did not give: another program has them, or they are no keys. */
  takenHotkeys: Hotkey[];
  /** Whether API keys are kept by the system's safe storage. */
  safeStorage: boolean;
}

/** A file that was opened with Herald, or dropped on its icon. */
export interface OpenedFile {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

export interface HeraldBridge {
  info(): Promise<DesktopInfo>;
  /** Opens the studio page in the system's browser. */
  openInBrowser(): Promise<void>;
  /** Shows a recording in the system's file manager. False where there is no such recording. */
  revealRecording(fileName: string): Promise<boolean>;
  /** Opens the clean feed in a window without a frame; of its own session where there is no id. */
  openFeed(sessionId: number | null): Promise<void>;
  /** Starts the server anew, so that settings take effect that wait for it. The page comes back by itself. */
  restartServer(): Promise<void>;
  desktop(): Promise<DesktopState>;
  changeDesktop(changes: PreferenceChanges): Promise<DesktopState>;
  /** @returns what ends it */
  onCommand(listener: (command: DesktopCommand) => void): () => void;
  onFile(listener: (file: OpenedFile) => void): () => void;
}

export const CHANNELS = {
  info: 'herald:info',
  openInBrowser: 'herald:open-in-browser',
  revealRecording: 'herald:reveal-recording',
  openFeed: 'herald:open-feed',
  restartServer: 'herald:restart-server',
  desktop: 'herald:desktop',
  changeDesktop: 'herald:change-desktop',
} as const;

/** From the shell to the page. */
export const MESSAGES = { command: 'herald:command', file: 'herald:file' } as const;

declare global {
  interface Window {
    /** Only in the desktop app. */
    herald?: HeraldBridge;
  }
}
