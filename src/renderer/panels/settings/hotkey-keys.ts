/** A key press as Electron names it: `CommandOrControl+Alt+Shift+I`. */
export interface KeyPress {
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

const NAMED: Readonly<Record<string, string>> = {
  Space: 'Space',
  Enter: 'Return',
  Tab: 'Tab',
  Insert: 'Insert',
  Delete: 'Delete',
  Home: 'Home',
  End: 'End',
  PageUp: 'PageUp',
  PageDown: 'PageDown',
  ArrowUp: 'Up',
  ArrowDown: 'Down',
  ArrowLeft: 'Left',
  ArrowRight: 'Right',
  MediaPlayPause: 'MediaPlayPause',
  MediaTrackNext: 'MediaNextTrack',
  MediaTrackPrevious: 'MediaPreviousTrack',
  MediaStop: 'MediaStop',
};

/** @returns undefined while only modifiers are held, 'bare' for a key that every program needs to itself */
export function acceleratorOf(press: KeyPress): string | 'bare' | undefined {
  const key = keyOf(press.code);
  if (key === undefined) return undefined;
  const modifiers = [
    (press.ctrlKey || press.metaKey) && 'CommandOrControl',
    press.altKey && 'Alt',
    press.shiftKey && 'Shift',
  ].filter((modifier) => modifier !== false);
  const alone = /^(F\d{1,2}|Media\w+)$/.test(key);
  // Shift and a letter is a capital letter.
  if (!alone && !press.ctrlKey && !press.metaKey && !press.altKey) return 'bare';
  return [...modifiers, key].join('+');
}

/** By its place on the keyboard, as Electron takes it: a layout's letters would differ with Shift and Alt. */
function keyOf(code: string): string | undefined {
  return (
    /^Key([A-Z])$/.exec(code)?.[1] ??
    /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1] ??
    /^F\d{1,2}$/.exec(code)?.[0] ??
    NAMED[code]
  );
}

/** For people: `Ctrl Alt Shift I`, `⌘ ⌥ ⇧ I`. */
export function showAccelerator(accelerator: string, mac: boolean): string {
  const names: Record<string, string> = mac
    ? { CommandOrControl: '⌘', Alt: '⌥', Shift: '⇧' }
    : { CommandOrControl: 'Ctrl' };
  return accelerator
    .split('+')
    .map((part) => names[part] ?? part)
    .join(' ');
}
