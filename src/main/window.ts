import { BrowserWindow, type Session, screen, type WebContents } from 'electron';

const WANTED = { width: 1280, height: 800 };
/** The page has a phone-width layout: small windows beside other programs are welcome. */
const SMALLEST = { width: 420, height: 560 };

/** What the page may ask the system for. Microphone and camera come when a feature needs them. */
const GRANTED = new Set(['fullscreen']);

const originOf = (url: string): string | null => (URL.canParse(url) ? new URL(url).origin : null);

/** The studio's window: the page that the local server gives to any browser, with nothing of Node in it. */
export function openStudioWindow(options: { pageUrl: string; preload: string; devTools: boolean }): BrowserWindow {
  const { pageUrl, preload, devTools } = options;
  const free = screen.getPrimaryDisplay().workAreaSize;
  const window = new BrowserWindow({
    title: 'Herald',
    width: Math.min(WANTED.width, free.width),
    height: Math.min(WANTED.height, free.height),
    minWidth: SMALLEST.width,
    minHeight: SMALLEST.height,
    // Shown when painted: no white flash.
    show: false,
    backgroundColor: '#0d1015',
    webPreferences: {
      preload,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools,
      // The presenter is heard without a first click: this is a program, not a web page among many.
      autoplayPolicy: 'no-user-gesture-required',
    },
  });
  keepInside(window.webContents, pageUrl);
  restrictPermissions(window.webContents.session, pageUrl);
  window.once('ready-to-show', () => window.show());
  // A crashed page comes back; the server, and who else is served by it, never noticed.
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason !== 'clean-exit' && !window.isDestroyed()) window.webContents.reload();
  });
  void window.loadURL(pageUrl);
  return window;
}

/** The window shows our page and nothing else: no navigation away, no new windows, no embedded views. */
function keepInside(contents: WebContents, pageUrl: string): void {
  const home = new URL(pageUrl);
  const isHome = (url: string) => originOf(url) === home.origin && new URL(url).pathname === home.pathname;
  contents.on('will-navigate', (event) => isHome(event.url) || event.preventDefault());
  contents.on('will-redirect', (event) => isHome(event.url) || event.preventDefault());
  contents.on('will-frame-navigate', (event) => isHome(event.url) || event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
}

function restrictPermissions(session: Session, pageUrl: string): void {
  const home = originOf(pageUrl);
  session.setPermissionRequestHandler((_contents, permission, answer, details) =>
    answer(GRANTED.has(permission) && originOf(details.requestingUrl) === home),
  );
  session.setPermissionCheckHandler(
    (_contents, permission, requestingOrigin) => GRANTED.has(permission) && originOf(requestingOrigin) === home,
  );
  session.setDevicePermissionHandler(() => false);
}

/** Brings a window back to the person's eyes, from wherever it is. */
export function focusWindow(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}
