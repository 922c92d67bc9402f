import { performance } from 'node:perf_hooks';

/** Time as deadlines see it; tests bring their own. */
export interface Timers {
  /** Monotonic. */
  nowMs(): number;
  /** Runs once after `ms` unless the returned function is called first. A `background` timer keeps no process alive. */
  after(ms: number, run: () => void, options?: { background?: boolean }): () => void;
}

export const realTimers: Timers = {
  nowMs: () => performance.now(),
  after(ms, run, { background = false } = {}) {
    const timer = setTimeout(run, ms);
    if (background) timer.unref();
    return () => clearTimeout(timer);
  },
};
