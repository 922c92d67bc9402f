import type { Timers } from './timers';

/** Nothing came in time; `limitMs` is how long was waited. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
  constructor(readonly limitMs: number) {
    super(`nothing came within ${limitMs / 1_000} s`);
  }
}

/**
 * How much longer somebody waits. It runs only inside `wait`, so a consumer that takes its time (a playout queue that is full for
 * seconds is the normal case) does not make the producer late.
 */
export class Deadline {
  readonly #limitMs: number;
  readonly #timers: Timers;
  #leftMs: number;

  constructor(limitMs: number, timers: Timers) {
    this.#limitMs = limitMs;
    this.#leftMs = limitMs;
    this.#timers = timers;
  }

  /** The full time again, after progress. */
  refill(): void {
    this.#leftMs = this.#limitMs;
  }

  /**
   * Resolves with `promise`. Its late result, or rejection, is nobody's business any more.
   * @throws DeadlineError when the time is used up, the signal's reason when aborted.
   */
  async wait<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
    const startMs = this.#timers.nowMs();
    let cancel = () => {};
    let onAbort = () => {};
    const over = new Promise<never>((_, reject) => {
      onAbort = () => reject(signal.reason);
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
      cancel = this.#timers.after(Math.max(0, this.#leftMs), () => reject(new DeadlineError(this.#limitMs)));
    });
    try {
      return await Promise.race([promise, over]);
    } finally {
      cancel();
      signal.removeEventListener('abort', onAbort);
      this.#leftMs -= this.#timers.nowMs() - startMs;
    }
  }
}
