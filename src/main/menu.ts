import type { MenuItemConstructorOptions } from 'electron';

/** What the menu does; the shell provides it. */
export interface MenuActions {
  copyAddress(): void;
  openInBrowser(): void;
}

const WORDS = {
  en: {
    server: 'Server',
    listening: (url: string) => `Listening on ${url}`,
    copy: 'Copy address',
    open: 'Open in browser',
    quit: 'Quit Herald',
    edit: 'Edit',
    view: 'View',
  },
  zh: {
    server: '服务器',
    listening: (url: string) => `服务地址：${url}`,
    copy: '复制地址',
    open: '在浏览器中打开',
    quit: '退出 Herald',
    edit: '编辑',
    view: '视图',
  },
};

/** The application menu: the server's address first, because other programs need it. */
export function menuTemplate(options: {
  url: string;
  locale: string;
  platform: NodeJS.Platform;
  actions: MenuActions;
}): MenuItemConstructorOptions[] {
  const { url, actions, platform } = options;
  const words = options.locale.toLowerCase().startsWith('zh') ? WORDS.zh : WORDS.en;
  const server: MenuItemConstructorOptions[] = [
    { id: 'address', label: words.listening(url), enabled: false },
    { id: 'copy', label: words.copy, accelerator: 'CmdOrCtrl+Shift+C', click: () => actions.copyAddress() },
    { id: 'open', label: words.open, accelerator: 'CmdOrCtrl+Shift+O', click: () => actions.openInBrowser() },
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
