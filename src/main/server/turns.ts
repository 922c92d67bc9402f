import { HeraldError } from './errors';

/** One at a time, in order, with a bound to how many wait. */
export class Turns {
  private tail: Promise<void> = Promise.resolve();
  private waiting = 0;
  private closing: Error | undefined;

  constructor(private readonly maxWaiting: number) {}

  /** @throws HeraldError('limit') when too many wait; the signal's reason when it aborts before its turn */
  async take<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.waiting > this.maxWaiting) {
      throw new HeraldError('limit', `${this.maxWaiting} wait already: try again when one of them is through`, 10);
    }
    const before = this.tail;
    let leave!: () => void;
    const left = new Promise<void>((resolve) => (leave = resolve));
    this.tail = Promise.all([before, left]).then(() => {});
    this.waiting++;
    try {
      await untilAborted(before, signal);
      if (this.closing) throw this.closing;
      return await work();
    } finally {
      this.waiting--;
      leave();
    }
  }

  /** Those that wait are refused; resolves when the one at work is through. */
  async close(reason: Error): Promise<void> {
    this.closing = reason;
    await this.tail;
  }
}

function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    void promise.then(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
  });
}
