import { useEffect, useState } from 'react';

/** The page's clock in ms, read anew every so often while `running`. */
export function useNow(running: boolean, everyMs = 250): number {
  const [nowMs, setNowMs] = useState(() => performance.now());
  useEffect(() => {
    if (!running) return;
    setNowMs(performance.now());
    const timer = setInterval(() => setNowMs(performance.now()), everyMs);
    return () => clearInterval(timer);
  }, [running, everyMs]);
  return nowMs;
}
