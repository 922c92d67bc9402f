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

const running = new Set<number>();

/** Counts a process of ours as running until it has ended. */
export function trackProcess(child: {
  pid?: number | undefined;
  once(event: 'exit', ended: () => void): unknown;
}): void {
  const { pid } = child;
  if (pid === undefined) return;
  running.add(pid);
  child.once('exit', () => running.delete(pid));
}

/** Ids of our processes that run. */
export const processes = (): readonly number[] => [...running];

/** Live objects by kind; kinds that were ever tracked stay listed with 0. */
export function counts(): Record<string, number> {
  return Object.fromEntries(live);
}
