import { useEffect } from 'react';
import { useDocumentState } from './use-document-state';

/** Asks at once and then every so often, each time when the answer before has come, and not while nobody sees the page. */
export function useWhileSeen(wanted: boolean, ask: () => Promise<void>, everyMs: number): void {
  const seen = useDocumentState('visibilitychange', () => !document.hidden);
  const running = wanted && seen;
  useEffect(() => {
    if (!running) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const again = () =>
      void ask().finally(() => {
        if (!over) timer = setTimeout(again, everyMs);
      });
    again();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [running, ask, everyMs]);
}
