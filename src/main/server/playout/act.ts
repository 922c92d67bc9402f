import type { ActStep } from '../avatar/actions';

export interface ActSource {
  readonly audiotype: number;
  /** Goes round until something else is wanted. */
  readonly loop: boolean;
  /** The steps in order, made as they are read; ends early when the signal aborts. */
  steps(signal: AbortSignal): AsyncIterable<ActStep>;
}

/** 320 ms of pictures, 25 MB of 1080x1920: hides a slow read or a large keyframe, and is all that a long clip ever holds. */
const AHEAD_STEPS = 8;
/** An act begins with so many steps ready, so that it does not stumble over its own start. */
const STEPS_TO_START = 3;

/**
 * One performance on its way to the playout: read ahead into a bounded queue by its own reader, taken a step at a time by the
 * pacer. Picture and sound of a step travel together, so a slow source makes both wait and cannot part them.
 */
export class Act {
  private readonly queue: ActStep[] = [];
  private reading = new AbortController();
  private reader: Promise<void>;
  private over = false;
  private wakeReader = () => {};
  private waiting: (() => void)[] = [];
  /** What went wrong with the source; the steps before it are still played. */
  fault: unknown;

  constructor(private readonly source: ActSource) {
    this.reader = this.read(this.reading.signal);
  }

  get audiotype(): number {
    return this.source.audiotype;
  }

  get loop(): boolean {
    return this.source.loop;
  }

  /** Enough is there to begin, or all that there is. */
  get startable(): boolean {
    return this.over || this.queue.length >= STEPS_TO_START;
  }

  /** Every step was taken. */
  get ended(): boolean {
    return this.over && this.queue.length === 0;
  }

  /** The next step, if it is there. */
  get upcoming(): ActStep | undefined {
    return this.queue[0];
  }

  take(): ActStep | undefined {
    const step = this.queue.shift();
    this.wakeReader();
    return step;
  }

  /** Resolves when it is startable: virtual time waits for that, real time does not. */
  settled(): Promise<void> {
    if (this.startable) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Back to the beginning. */
  rewind(): void {
    this.reading.abort();
    this.queue.length = 0;
    this.over = false;
    this.wakeReader();
    this.reading = new AbortController();
    const { signal } = this.reading;
    this.reader = this.reader.then(() => this.read(signal));
  }

  /** Nothing of it is shown any more; resolves when its source is closed. */
  close(): Promise<void> {
    this.reading.abort();
    this.queue.length = 0;
    this.over = true;
    this.wakeReader();
    this.wakeWaiting();
    return this.reader;
  }

  private async read(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    try {
      for await (const step of this.source.steps(signal)) {
        if (signal.aborted) return;
        this.queue.push(step);
        if (this.startable) this.wakeWaiting();
        while (this.queue.length >= AHEAD_STEPS && !signal.aborted) {
          await new Promise<void>((resolve) => (this.wakeReader = resolve));
        }
        if (signal.aborted) return;
      }
    } catch (error) {
      if (!signal.aborted) this.fault = error;
    } finally {
      if (!signal.aborted) {
        this.over = true;
        this.wakeWaiting();
      }
    }
  }

  private wakeWaiting(): void {
    for (const resume of this.waiting.splice(0)) resume();
  }
}
