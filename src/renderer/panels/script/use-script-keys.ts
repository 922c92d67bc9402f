import { useEffect } from 'react';
import { nextLine, repeatLine } from '../../store/script-actions';

/** Where letters are typed, they are text; a menu or a sheet over the page has keys of its own. */
const TYPING = 'textarea, select, [contenteditable], input:not([type=radio], [type=checkbox], [type=range])';
const OVER_THE_PAGE = 'dialog[open], [role=dialog], [role=menu]';

const KEYS: Readonly<Record<string, () => void>> = { n: nextLine, r: repeatLine };

export function useScriptKeys(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.isComposing || event.defaultPrevented || event.repeat) return;
      if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      if (event.target instanceof Element && event.target.closest(TYPING)) return;
      if (document.querySelector(OVER_THE_PAGE)) return;
      const act = KEYS[event.key.toLowerCase()];
      if (!act) return;
      event.preventDefault();
      act();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}
