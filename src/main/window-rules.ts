import type { Session, WebContents, WebPreferences } from 'electron';

/** What our pages may ask the system for, beside the microphone. */
const GRANTED = new Set(['fullscreen', 'clipboard-sanitized-write']);

const originOf = (url: string): string | null => (URL.canParse(url) ? new URL(url).origin : null);

/** Nothing of Node in a window. */
export const SAFE_PREFERENCES: WebPreferences = {
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
  // The presenter is heard without a first click: this is a program, not a web page among many.
  autoplayPolicy: 'no-user-gesture-required',
};

/** A window shows its page and nothing else: no navigation away, no new windows, no embedded views. */
export function keepInside(contents: WebContents, pageUrl: string): void {
  const home = new URL(pageUrl);
  const isHome = (url: string) => originOf(url) === home.origin && new URL(url).pathname === home.pathname;
  contents.on('will-navigate', (event) => isHome(event.url) || event.preventDefault());
  contents.on('will-redirect', (event) => isHome(event.url) || event.preventDefault());
  contents.on('will-frame-navigate', (event) => isHome(event.url) || event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
}

/** The microphone is for dictating lines; the camera, the screen and devices are nobody's. */
export function restrictPermissions(session: Session, pageUrl: string): void {
  const home = originOf(pageUrl);
  session.setPermissionRequestHandler((_contents, permission, answer, details) => {
    const ours = originOf(details.requestingUrl) === home;
    const types = 'mediaTypes' in details ? details.mediaTypes : undefined;
    const microphone = permission === 'media' && types?.length === 1 && types[0] === 'audio';
    answer(ours && (GRANTED.has(permission) || microphone));
  });
  session.setPermissionCheckHandler((_contents, permission, requestingOrigin, details) => {
    const ours = originOf(requestingOrigin) === home;
    return ours && (GRANTED.has(permission) || (permission === 'media' && details.mediaType === 'audio'));
  });
  session.setDevicePermissionHandler(() => false);
}
