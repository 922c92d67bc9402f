import { globalShortcut } from 'electron';
import { HOTKEYS, type Hotkey } from '../preload/bridge';

/**
 * Keys that work while other programs are in front. The system gives a key to one program only, and some (Wayland without the
 * portal) give none: those that were refused are told, and the rest work.
 */
export class Hotkeys {
  #held = new Map<Hotkey, string>();
  #taken: Hotkey[] = [];

  constructor(private readonly press: (hotkey: Hotkey) => void) {}

  get taken(): Hotkey[] {
    return [...this.#taken];
  }

  /** @returns the ones that were wanted and refused */
  apply(wanted: Readonly<Record<Hotkey, string>>): Hotkey[] {
    this.release();
    this.#taken = HOTKEYS.filter((hotkey) => wanted[hotkey] !== '' && !this.#hold(hotkey, wanted[hotkey]));
    return this.taken;
  }

  release(): void {
    for (const keys of this.#held.values()) globalShortcut.unregister(keys);
    this.#held.clear();
  }

  #hold(hotkey: Hotkey, keys: string): boolean {
    // Two names on the same keys: the second registration would silently replace the first.
    if ([...this.#held.values()].includes(keys)) return false;
    try {
      if (!globalShortcut.register(keys, () => this.press(hotkey))) return false;
    } catch {
      return false; // no keys that this system knows
    }
    this.#held.set(hotkey, keys);
    return true;
  }
}
