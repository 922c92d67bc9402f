import { BrowserWindow } from 'electron';
import { keepInside, restrictPermissions, SAFE_PREFERENCES } from './window-rules';
import { placeWindow, readWindowState, rememberWindow } from './window-state';

const WANTED = { width: 720, height: 720 };
const SMALLEST = { width: 160, height: 160 };

export interface FeedWindowOptions {
  /** With the query of /stage. */
  feedUrl: string;
  onTop: boolean;
  stateFile: string;
  /** Work areas of the displays, the primary one first. */
  displays: readonly Electron.Rectangle[];
}

/** The clean feed for a second screen: no frame, no preload script, see-through around the picture. */
export function openFeedWindow({ feedUrl, onTop, stateFile, displays }: FeedWindowOptions): BrowserWindow {
  const saved = readWindowState(stateFile);
  const window = new BrowserWindow({
    title: 'Herald',
    ...placeWindow(saved, WANTED, SMALLEST, displays),
    minWidth: SMALLEST.width,
    minHeight: SMALLEST.height,
    frame: false,
    transparent: true,
    hasShadow: false,
    fullscreenable: true,
    alwaysOnTop: onTop,
    webPreferences: { ...SAFE_PREFERENCES, devTools: false },
  });
  keepInside(window.webContents, feedUrl);
  restrictPermissions(window.webContents.session, feedUrl);
  rememberWindow(window, stateFile);
  // It has no button to close it by, and none for full screen.
  window.webContents.on('before-input-event', (event, { type, key }) => {
    if (type !== 'keyDown' || (key !== 'Escape' && key !== 'F11')) return;
    event.preventDefault();
    if (key === 'F11' || window.isFullScreen()) window.setFullScreen(!window.isFullScreen());
    else window.close();
  });
  void window.loadURL(feedUrl).catch(() => {});
  return window;
}
