import { useEffect } from 'react';
import { openServer } from '../panels/server/panel-state';
import { interrupt, setMode } from '../store/actions';
import { openCast } from '../store/cast';
import { focusComposer } from '../store/draft';
import { modeOfKey } from '../store/stagecraft';
import { useStudio } from '../store/studio';
import { toggleRecording } from '../store/studio-actions';
import { canFloat, canFullscreen, saveSnapshot, toggleFloating, toggleFullscreen } from './picture-actions';

/** Where letters are typed, they are text. */
const TYPING = 'textarea, select, [contenteditable], input:not([type=radio], [type=checkbox], [type=range])';
/** What lies over the page takes the keys: Esc closes it, and the presenter speaks on. */
const OVERLAY = 'dialog[open], [role="dialog"], [role="menu"], [role="listbox"].mantine-Combobox-options';

const toggleMute = (): void => {
  const { sound, volume } = useStudio.getState();
  useStudio.setState(sound === 'on' && volume > 0 ? { sound: 'muted' } : { sound: 'on', volume: volume || 1 });
};

/** Keys of one sign, apart from the digits, as the sheet of keys lists them. */
const KEYS: Record<string, () => unknown> = {
  '/': focusComposer,
  '?': () => useStudio.setState({ keysOpen: true }),
  v: () => openCast('presenters'),
  i: () => openServer(),
  m: toggleMute,
  s: saveSnapshot,
  p: () => canFloat() && toggleFloating(),
  f: () => canFullscreen() && toggleFullscreen(document.querySelector('.stage')),
};

function press(event: KeyboardEvent): void {
  if (event.key === 'Escape') {
    void interrupt();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target instanceof Element && event.target.closest(TYPING)) return;
  const key = event.key.toLowerCase();
  // With Shift: the bare letter repeats a line of the script.
  const action = event.shiftKey && key === 'r' ? toggleRecording : KEYS[key];
  const mode = modeOfKey(event.key, useStudio.getState().session?.performances ?? []);
  if (action) {
    // The slash must not be the first thing in the field that it leads to.
    event.preventDefault();
    void action();
  } else if (mode !== undefined) void setMode(mode);
}

/** Keys that work from anywhere, except where they already mean something: an input method, a menu, a field. */
export function useShortcuts(): void {
  useEffect(() => {
    // Looked at before anybody has reacted: a menu that Esc closes is gone by the time the key arrives here.
    let covered = false;
    const before = () => (covered = document.querySelector(OVERLAY) !== null);
    const onKey = (event: KeyboardEvent) => {
      if (event.isComposing || event.defaultPrevented || covered) return;
      press(event);
    };
    addEventListener('keydown', before, true);
    addEventListener('keydown', onKey);
    return () => {
      removeEventListener('keydown', before, true);
      removeEventListener('keydown', onKey);
    };
  }, []);
}
