import type { Arrival } from './arrivals';

/** A report whose quickest packet took so much longer than the one's before is one of a queue that fills. */
const STEP_MS = 30;
const STEPS = 3;
/** Below it there is time to look more closely. */
const DEEP_MS = 200;
/** The largest step is left out: a way that became longer is one step. */
const RISE_MS = 120;
/** A receiver that begins is slow for a moment: it sets up its decoders. */
const SETTLE_MS = 1_500;

/**
 * Tells of a queue that fills much faster than it is emptied, at the first sign. What arrives from such a queue is old: at eight
 * times what a network carries, packets that arrive one second later were sent one eighth of a second later, and whoever looks at
 * 600 ms of sending (`DelayTrend`) has put five seconds into the queue by then. Here the quickest packet of a report is compared
 * with the quickest one of the report before. A receiver that was held up reports late, but what came last came quickly.
 */
export class Backlog {
  private steps: { riseMs: number; bytes: number; arrivedMs: number }[] = [];
  private lastMs: number | undefined;
  private sinceMs: number | undefined;

  /** What came through while it filled, bits per second; undefined while nothing tells of a queue. */
  carriedBps: number | undefined;
  /** How much longer the quickest packet of the last report took than the quickest of all. */
  depthMs = 0;

  /**
   * @param arrivals a report's packets, in the order in which they were sent
   * @param shortestMs what the quickest packets take
   */
  add(arrivals: readonly Arrival[], shortestMs: number | undefined): void {
    let delayMs = Number.POSITIVE_INFINITY;
    let arrivedMs = Number.NEGATIVE_INFINITY;
    let bytes = 0;
    for (const packet of arrivals) {
      if (packet.arrivedMs === undefined) continue;
      delayMs = Math.min(delayMs, packet.arrivedMs - packet.sentMs);
      arrivedMs = Math.max(arrivedMs, packet.arrivedMs);
      bytes += packet.bytes;
    }
    if (delayMs === Number.POSITIVE_INFINITY) return;
    this.sinceMs ??= arrivedMs;
    this.depthMs = Math.max(0, delayMs - (shortestMs ?? delayMs));
    const riseMs = delayMs - (this.lastMs ?? delayMs);
    this.lastMs = delayMs;
    if (riseMs < STEP_MS || arrivedMs - this.sinceMs < SETTLE_MS) this.steps = [];
    else this.steps.push({ riseMs, bytes, arrivedMs });
    this.carriedBps = this.judged();
  }

  /** What was decided upon is not to be decided upon again. */
  restart(): void {
    this.steps = [];
    this.carriedBps = undefined;
  }

  private judged(): number | undefined {
    const { steps, depthMs } = this;
    if (steps.length < STEPS || depthMs < DEEP_MS) return undefined;
    const rises = steps.map(({ riseMs }) => riseMs);
    if (rises.reduce((a, b) => a + b, 0) - Math.max(...rises) < RISE_MS) return undefined;
    const spanMs = steps.at(-1)!.arrivedMs - steps[0]!.arrivedMs;
    const bytes = steps.slice(1).reduce((sum, step) => sum + step.bytes, 0);
    return spanMs > 0 ? (bytes * 8_000) / spanMs : undefined;
  }
}
