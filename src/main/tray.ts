import { Menu, type MenuItemConstructorOptions, nativeImage, Tray } from 'electron';
import { type MenuOptions, startOrStop, statusLine } from './menu';

/** What stands in the tray's menu: how the server is, and what to do about it. */
export function trayTemplate({ state, words, actions }: Omit<MenuOptions, 'platform'>): MenuItemConstructorOptions[] {
  const running = state.kind === 'running';
  return [
    { id: 'status', label: statusLine(state, words), enabled: false },
    { type: 'separator' },
    { id: 'show', label: words.show, click: actions.show },
    { id: 'copy', label: words.copy, enabled: running, click: actions.copyAddress },
    { id: 'feed', label: words.feed, enabled: running, click: actions.openFeed },
    startOrStop(state, words, actions),
    { type: 'separator' },
    { id: 'quit', label: words.quit, click: actions.quit },
  ];
}

/**
 * Herald's place among the system's small icons. A desktop without such a place (some Linux ones) is no failure: everything is
 * in the menu as well.
 */
export class HeraldTray {
  readonly #tray: Tray | undefined;

  /** @param icon a PNG of 32x32; beside it may lie `@2x`, which Electron finds by itself */
  constructor(icon: string, onClick: () => void, warn: (message: string) => void) {
    try {
      const image = nativeImage.createFromPath(icon);
      // macOS tints the shape itself, for light and dark menu bars.
      if (process.platform === 'darwin') image.setTemplateImage(true);
      this.#tray = new Tray(image);
      // On macOS a click opens the menu.
      if (process.platform !== 'darwin') this.#tray.on('click', onClick);
    } catch (error) {
      warn(`no icon in the system tray: ${error instanceof Error ? error.message : error}`);
    }
  }

  update(options: Omit<MenuOptions, 'platform'>): void {
    this.#tray?.setToolTip(`${options.words.app}: ${statusLine(options.state, options.words)}`);
    this.#tray?.setContextMenu(Menu.buildFromTemplate(trayTemplate(options)));
  }

  /** An icon that outlives its program stays on the screen until somebody points at it (Windows). */
  remove(): void {
    this.#tray?.destroy();
  }
}
