import { useEffect } from 'react';
import { interrupt, setMode } from '../store/actions';
import { modeOfKey } from '../store/stagecraft';
import { useStudio } from '../store/studio';

/** Where digits are typed, they are text. */
const TYPING = 'textarea, select, [contenteditable], input:not([type=radio], [type=checkbox], [type=range])';

/** 1 is live, 2 still, from 3 on the performances; not while a sheet lies over the stage. */
function changeMode(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target instanceof Element && event.target.closest(TYPING)) return;
  if (document.querySelector('dialog[open]')) return;
  const mode = modeOfKey(event.key, useStudio.getState().session?.performances ?? []);
  if (mode !== undefined) void setMode(mode);
}

/** Esc stops the presenter from anywhere, except where it already means something: an input method, full screen. */
export function useShortcuts(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.isComposing || event.defaultPrevented) return;
      if (event.key === 'Escape') void interrupt();
      else changeMode(event);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}
