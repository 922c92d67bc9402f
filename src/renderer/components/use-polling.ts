import { useEffect } from 'react';

/** Asks every so often while `wanted`, each time when the answer before has come. */
export function usePolling(wanted: boolean, ask: () => Promise<void>, everyMs: number): void {
  useEffect(() => {
    if (!wanted) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const again = () => {
      timer = setTimeout(() => void ask().finally(() => over || again()), everyMs);
    };
    again();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [wanted, ask, everyMs]);
}
