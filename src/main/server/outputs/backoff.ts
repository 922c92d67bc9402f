const FIRST_MS = 500;
/** With the time that connecting takes, a server that is back has its stream back within 5 s. */
const LONGEST_MS = 4_000;
const LONGEST_ASKED_FOR_MS = 300_000;

/**
 * How long to wait before the next try: twice as long each time, up to 4 s, of which up to half is left to chance, so that the
 * publishers of a server that is back do not all come at once. A server that asks for more (`Retry-After`) gets it, up to 5 min.
 * @param failures in a row, 1 after the first
 */
export function backoffMs(failures: number, retryAfterMs = 0, random = Math.random()): number {
  const fullMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10));
  const askedForMs = Math.min(LONGEST_ASKED_FOR_MS, retryAfterMs);
  return Math.max(fullMs * (0.5 + random / 2), askedForMs * (1 + random / 10));
}
