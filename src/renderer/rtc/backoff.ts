/** How long to wait before trying again: doubling, bounded, and spread so that many pages do not return at once. */
export interface Backoff {
  firstMs: number;
  maxMs: number;
  /** 0 = exact, 0.2 = up to 20 % less or more. */
  spread: number;
}

export const RECONNECT: Backoff = { firstMs: 500, maxMs: 15_000, spread: 0.2 };

/** `attempt` counts from 1. `random` is in [0, 1). */
export function backoffMs(attempt: number, backoff: Backoff = RECONNECT, random: () => number = Math.random): number {
  // Past 2^20 the bound has long been reached; capping the exponent keeps the number finite.
  const doubled = backoff.firstMs * 2 ** Math.min(Math.max(attempt, 1) - 1, 20);
  const bounded = Math.min(doubled, backoff.maxMs);
  return Math.round(bounded * (1 + backoff.spread * (random() * 2 - 1)));
}

/** A server at its limit says when to come back; believe it within reason. */
export function queueWaitMs(retryAfterS: number | undefined): number {
  const seconds = retryAfterS !== undefined && Number.isFinite(retryAfterS) ? retryAfterS : 3;
  return Math.min(Math.max(seconds, 1), 30) * 1_000;
}
