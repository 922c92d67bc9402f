import { join } from 'node:path';
import { app, type BrowserWindow, clipboard, type IpcMainInvokeEvent, ipcMain, Menu, shell } from 'electron';
import { CHANNELS, type DesktopInfo } from '../preload/bridge';
import { tellStartFailure } from './dialogs';
import { ownFlags } from './flags';
import { menuTemplate } from './menu';
import { loadSettings } from './server/config/load';
import { createLogger } from './server/log';
import { type RunningServer, startServer } from './server/start';
import { startProblem } from './server/start-problem';
import { version } from './server/version';
import { focusWindow, openStudioWindow } from './window';

/** After this a close that hangs is given up: quitting must not feel broken. */
const CLOSE_DEADLINE_MS = 1_800;

/** The desktop shell: the same server as `npm run serve`, with a window on it. */
async function main(): Promise<void> {
  await app.whenReady();
  // `npm start` waits for this word: until now it could still fall back to running without a window.
  process.send?.('ready');
  const loaded = loadSettings({ argv: ownFlags(process.argv, app.isPackaged), env: process.env, version });
  if (loaded.kind === 'print') {
    process.stdout.write(loaded.text);
    return app.exit(0);
  }
  if (loaded.kind === 'problems') {
    tellStartFailure(loaded.problems);
    return app.exit(1);
  }
  const { settings, dataDir, warnings } = loaded;
  const log = createLogger(settings.log_level);
  for (const warning of warnings) log.warn(warning);
  let server: RunningServer;
  try {
    server = await startServer(settings, { log, dataDir });
  } catch (error) {
    tellStartFailure([startProblem(error, { host: settings.host, port: settings.listenport })]);
    return app.exit(1);
  }
  process.stdout.write(`Herald listening on http://${settings.host}:${server.port}\n`);
  closeServerBeforeQuit(server);

  const pageUrl = `${server.url}/${settings.require_token ? `?token=${encodeURIComponent(server.token)}` : ''}`;
  const open = () =>
    openStudioWindow({
      pageUrl,
      preload: join(import.meta.dirname, '..', 'preload', 'index.cjs'),
      devTools: !app.isPackaged,
    });
  const actions = {
    copyAddress: () => clipboard.writeText(server.url),
    openInBrowser: () => void shell.openExternal(pageUrl),
  };
  Menu.setApplicationMenu(
    Menu.buildFromTemplate(
      menuTemplate({ url: server.url, locale: app.getLocale(), platform: process.platform, actions }),
    ),
  );
  answerPage(server, actions.openInBrowser);

  let window: BrowserWindow | null = null;
  const show = () => {
    if (window && !window.isDestroyed()) focusWindow(window);
    else window = open();
  };
  app.on('second-instance', show);
  app.on('activate', show);
  // On macOS programs live on without windows; elsewhere closing the window is leaving.
  app.on('window-all-closed', () => process.platform === 'darwin' || app.quit());
  show();
}

/** The whole surface that the page can reach, and only our own page at that. */
function answerPage(server: RunningServer, openInBrowser: () => void): void {
  const home = new URL(server.url).origin;
  const handle = <T>(channel: string, answer: () => T) =>
    ipcMain.handle(channel, (event: IpcMainInvokeEvent) => {
      if (event.senderFrame?.origin !== home) throw new Error('Only the studio page may call this');
      return answer();
    });
  handle(CHANNELS.info, (): DesktopInfo => ({ url: server.url, version, platform: process.platform }));
  handle(CHANNELS.openInBrowser, openInBrowser);
}

/** Quitting waits until sessions, processes and sockets are closed, but not for ever. */
function closeServerBeforeQuit(server: RunningServer): void {
  let closing = false;
  app.on('will-quit', (event) => {
    event.preventDefault();
    if (closing) return;
    closing = true;
    const deadline = setTimeout(() => app.exit(0), CLOSE_DEADLINE_MS);
    void server.close().finally(() => {
      clearTimeout(deadline);
      app.exit(0);
    });
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => app.quit());
}

if (app.requestSingleInstanceLock()) {
  void main();
} else {
  process.stdout.write('Herald is already running: its window has been brought to the front.\n');
  app.exit(0);
}
