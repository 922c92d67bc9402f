import type { MenuItemConstructorOptions } from 'electron';
import type { ServerState } from './server-control';
import type { Words } from './words';

/** What the menu and the tray do; the shell provides it. */
export interface ShellActions {
  show(): void;
  copyAddress(): void;
  openInBrowser(): void;
  openFeed(): void;
  openSettings(): void;
  startServer(): void;
  stopServer(): void;
  quit(): void;
}

export interface MenuOptions {
  state: ServerState;
  words: Words;
  platform: NodeJS.Platform;
  actions: ShellActions;
}

/** The application menu: the server's address first, because other programs need it. */
export function menuTemplate({ state, words, platform, actions }: MenuOptions): MenuItemConstructorOptions[] {
  const running = state.kind === 'running';
  const server: MenuItemConstructorOptions[] = [
    { id: 'address', label: statusLine(state, words), enabled: false },
    { id: 'copy', label: words.copy, enabled: running, accelerator: 'CmdOrCtrl+Shift+C', click: actions.copyAddress },
    { id: 'open', label: words.open, enabled: running, accelerator: 'CmdOrCtrl+Shift+O', click: actions.openInBrowser },
    { id: 'feed', label: words.feed, enabled: running, accelerator: 'CmdOrCtrl+Shift+F', click: actions.openFeed },
    { type: 'separator' },
    { id: 'settings', label: words.settings, accelerator: 'CmdOrCtrl+,', click: actions.openSettings },
    startOrStop(state, words, actions),
  ];
  // macOS quits from the app's own menu.
  if (platform !== 'darwin')
    server.push({ type: 'separator' }, { role: 'quit', label: words.quit, accelerator: 'Ctrl+Q' });
  return [
    ...(platform === 'darwin' ? [{ role: 'appMenu' as const }] : []),
    { label: words.server, submenu: server },
    // Without these roles copy and paste have no shortcuts on macOS.
    { role: 'editMenu', label: words.edit },
    {
      label: words.view,
      submenu: [
        { role: 'reload' },
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
      ],
    },
  ];
}

export function statusLine(state: ServerState, words: Words): string {
  return state.kind === 'running' ? words.listening(state.url) : words[state.kind];
}

export const startOrStop = (state: ServerState, words: Words, actions: ShellActions): MenuItemConstructorOptions => {
  const stoppable = state.kind === 'running' || state.kind === 'stopping';
  return {
    id: 'start-stop',
    label: stoppable ? words.stop : words.start,
    enabled: state.kind === 'running' || state.kind === 'stopped',
    click: stoppable ? actions.stopServer : actions.startServer,
  };
};
