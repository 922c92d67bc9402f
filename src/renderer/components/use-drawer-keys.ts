import { useEffect } from 'react';

/** What Esc empties or gives up by itself. */
const OWN_ESCAPE = '[data-own-escape="true"]';

/**
 * While a drawer is open, keys mean nothing to the stage behind it: Esc closes the drawer, and the presenter speaks on. Heard
 * before everybody else, as the focus may be nowhere: a button that was pressed and went leaves it so.
 */
export function useDrawerKeys(opened: boolean, close: () => void): void {
  useEffect(() => {
    if (!opened) return;
    const onKey = (event: KeyboardEvent) => {
      const target = event.target instanceof Element ? event.target : null;
      if (event.key !== 'Escape') {
        if (target === document.body) event.stopPropagation();
        return;
      }
      if (event.isComposing || target?.closest(OWN_ESCAPE)) return;
      event.preventDefault();
      event.stopPropagation();
      close();
    };
    addEventListener('keydown', onKey, { capture: true });
    return () => removeEventListener('keydown', onKey, { capture: true });
  }, [opened, close]);
}
