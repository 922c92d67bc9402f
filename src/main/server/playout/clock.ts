import { performance } from 'node:perf_hooks';
import { SAMPLE_RATE_HZ } from '../../../shared/units';

/** Time as a count of 48 kHz samples since the clock was made. The only thing in a session that anyone waits on. */
export interface Clock {
  nowSamples(): number;
  /** Time passes whether anyone is ready or not. */
  readonly realTime: boolean;
  /** Wall-clock time at sample 0, for RTCP sender reports. */
  readonly epochMs: number;
  /** Resolves at or shortly after the moment; returns early when the signal aborts. */
  waitUntil(samples: number, signal: AbortSignal): Promise<void>;
}

/** Follows the machine's monotonic clock; wall-clock steps (NTP, suspend) do not disturb it. */
export class RealClock implements Clock {
  private readonly startMs = performance.now();
  readonly realTime = true;
  readonly epochMs = performance.timeOrigin + this.startMs;

  nowSamples(): number {
    return Math.floor(((performance.now() - this.startMs) * SAMPLE_RATE_HZ) / 1_000);
  }

  async waitUntil(samples: number, signal: AbortSignal): Promise<void> {
    const dueMs = this.startMs + (samples * 1_000) / SAMPLE_RATE_HZ;
    const waitMs = dueMs - performance.now();
    // Timers resolve whole milliseconds; rounding up once keeps us from sending early without spinning.
    if (waitMs > 0 && !signal.aborted) await sleep(Math.ceil(waitMs), signal);
  }
}

/** Time that passes only when someone waits for it: tests and clips run as fast as the machine allows. */
export class VirtualClock implements Clock {
  readonly realTime = false;
  readonly epochMs: number;
  private samples = 0;

  constructor(epochMs = Date.UTC(2026, 0, 1)) {
    this.epochMs = epochMs;
  }

  nowSamples(): number {
    return this.samples;
  }

  async waitUntil(samples: number): Promise<void> {
    // Let everything that is already due (inference results, queue wake-ups) run before time moves on.
    await new Promise((resolve) => setImmediate(resolve));
    this.samples = Math.max(this.samples, samples);
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
