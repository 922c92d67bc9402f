import { BrowserWindow, screen } from 'electron';
import { keepInside, restrictPermissions, SAFE_PREFERENCES } from './window-rules';
import { placeWindow, readWindowState, rememberWindow } from './window-state';

const WANTED = { width: 1280, height: 800 };
/** The page has a phone-width layout: small windows beside other programs are welcome. */
const SMALLEST = { width: 420, height: 560 };

export interface StudioWindowOptions {
  pageUrl: string;
  preload: string;
  devTools: boolean;
  /** Where its place on the screen is remembered. */
  stateFile: string;
  icon: string;
}

/** The studio's window: the page that the local server gives to any browser. */
export function openStudioWindow({ pageUrl, preload, devTools, stateFile, icon }: StudioWindowOptions): BrowserWindow {
  const saved = readWindowState(stateFile);
  const primary = screen.getPrimaryDisplay();
  const others = screen.getAllDisplays().filter(({ id }) => id !== primary.id);
  const areas = [primary, ...others].map(({ workArea }) => workArea);
  const window = new BrowserWindow({
    title: 'Herald',
    icon,
    ...placeWindow(saved, WANTED, SMALLEST, areas),
    minWidth: SMALLEST.width,
    minHeight: SMALLEST.height,
    // Shown when painted: no white flash.
    show: false,
    backgroundColor: '#0d1015',
    webPreferences: { ...SAFE_PREFERENCES, preload, devTools },
  });
  keepInside(window.webContents, pageUrl);
  restrictPermissions(window.webContents.session, pageUrl);
  rememberWindow(window, stateFile);
  if (saved?.maximised) window.maximize();
  window.once('ready-to-show', () => window.show());
  // A crashed page comes back; the server, and who else is served by it, never noticed.
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason !== 'clean-exit' && !window.isDestroyed()) window.webContents.reload();
  });
  void window.loadURL(pageUrl).catch(() => {}); // said in the window itself
  return window;
}

/** Brings a window back to the person's eyes, from wherever it is. */
export function focusWindow(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}
