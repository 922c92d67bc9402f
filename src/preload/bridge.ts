/**
 * The whole surface between the page and the desktop shell: the page is the same in any browser, so it needs next to
 * nothing. Types and channel names only; both sides import them.
 */
export interface DesktopInfo {
  /** The server's address, as other programs on this computer would use it. */
  url: string;
  version: string;
  platform: string;
}

export interface HeraldBridge {
  info(): Promise<DesktopInfo>;
  /** Opens the studio page in the system's browser. */
  openInBrowser(): Promise<void>;
}

export const CHANNELS = { info: 'herald:info', openInBrowser: 'herald:open-in-browser' } as const;

declare global {
  interface Window {
    /** Only in the desktop app. */
    herald?: HeraldBridge;
  }
}
