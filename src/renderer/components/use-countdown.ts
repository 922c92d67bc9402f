import { useEffect, useState } from 'react';

/** Whole seconds until a moment, counting down; null where there is none. */
export function useCountdown(untilMs: number | null): number | null {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    if (untilMs === null) return;
    setNowMs(Date.now());
    const timer = setInterval(() => setNowMs(Date.now()), 250);
    return () => clearInterval(timer);
  }, [untilMs]);
  return untilMs === null ? null : Math.max(0, Math.ceil((untilMs - nowMs) / 1_000));
}
