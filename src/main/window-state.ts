import { readFileSync } from 'node:fs';
import type { BrowserWindow, Rectangle } from 'electron';
import { z } from 'zod';
import { writeFileAtomic } from './server/config/atomic';

const windowState = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int().min(1).max(20_000),
  height: z.int().min(1).max(20_000),
  maximised: z.boolean(),
});
export type WindowState = z.infer<typeof windowState>;

export interface Size {
  width: number;
  height: number;
}

/** The window must show this much of its upper edge on some display, or nobody could take hold of it. */
const VISIBLE_PX = 80;
/** Moving a window makes an event per pixel. */
const SAVE_AFTER_MS = 500;

/** @returns undefined where nothing, or nothing of use, was remembered */
export function readWindowState(file: string): WindowState | undefined {
  try {
    return windowState.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/**
 * Where a window is to open: as it was left, if that is still on a screen; otherwise centred by the system, in the size wanted.
 * @param displays their work areas; the first is the primary one
 */
export function placeWindow(
  saved: WindowState | undefined,
  wanted: Size,
  smallest: Size,
  displays: readonly Rectangle[],
): Partial<Rectangle> & Size {
  const primary = displays[0] ?? { x: 0, y: 0, ...wanted };
  const fits = (size: Size, area: Size): Size => ({
    width: Math.min(Math.max(size.width, Math.min(smallest.width, area.width)), area.width),
    height: Math.min(Math.max(size.height, Math.min(smallest.height, area.height)), area.height),
  });
  const home = saved && displays.find((area) => canBeGrabbed(saved, area));
  if (!saved || !home) return fits(wanted, primary);
  return { x: saved.x, y: Math.max(saved.y, home.y), ...fits(saved, home) };
}

function canBeGrabbed(window: Rectangle, area: Rectangle): boolean {
  const across = Math.min(window.x + window.width, area.x + area.width) - Math.max(window.x, area.x);
  return across >= VISIBLE_PX && window.y >= area.y - VISIBLE_PX / 2 && window.y <= area.y + area.height - VISIBLE_PX;
}

/** Keeps the file up to date while the window is moved, resized and maximised. */
export function rememberWindow(window: BrowserWindow, file: string): void {
  let timer: NodeJS.Timeout | undefined;
  const save = () => {
    clearTimeout(timer);
    timer = undefined;
    if (window.isDestroyed()) return;
    // The bounds that it goes back to: those of a maximised window are the screen's.
    const { x, y, width, height } = window.getNormalBounds();
    const state: WindowState = { x, y, width, height, maximised: window.isMaximized() };
    try {
      writeFileAtomic(file, `${JSON.stringify(state)}\n`);
    } catch {
      // A full disk must not keep a window from closing; it will open where it usually does.
    }
  };
  const soon = () => (timer ??= setTimeout(save, SAVE_AFTER_MS));
  window.on('resize', soon);
  window.on('move', soon);
  window.on('maximize', soon);
  window.on('unmaximize', soon);
  window.on('close', save);
}
