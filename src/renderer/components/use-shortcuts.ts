import { useEffect } from 'react';
import { interrupt } from '../store/actions';

/** Esc stops the presenter from anywhere, except where it already means something: an input method, full screen. */
export function useShortcuts(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.isComposing || event.defaultPrevented) return;
      void interrupt();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}
