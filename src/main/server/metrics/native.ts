/**
 * How many native objects (encoders, decoders, child processes, ...) are alive, by kind. Garbage collection does not see their
 * memory, so each is closed by hand, and this count is how tests and /api/health prove that none was forgotten.
 */
const live = new Map<string, number>();

/** Counts one object of this kind as alive until the returned function is called (further calls change nothing). */
export function track(kind: string): () => void {
  live.set(kind, (live.get(kind) ?? 0) + 1);
  let alive = true;
  return () => {
    if (!alive) return;
    alive = false;
    live.set(kind, live.get(kind)! - 1);
  };
}

/** Live objects by kind; kinds that were ever tracked stay listed with 0. */
export function counts(): Record<string, number> {
  return Object.fromEntries(live);
}
