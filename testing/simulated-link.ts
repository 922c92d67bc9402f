import type { Arrival } from '../src/main/server/outputs/webrtc/congestion/arrivals';

export interface LinkConditions {
  rateBps: number;
  /** One way. */
  delayMs: number;
  /** What the queue before the bottleneck holds; the packet that does not fit is lost. */
  queueBytes: number;
  /** Of those that passed the queue, 0 to 1. */
  loss: number;
  /** The receiving process is held up now and then, for so long at most: all that came meanwhile arrives at once. */
  stallMs?: number;
}

/** A bottleneck on counted time: a bounded first-in-first-out queue, a constant delay, losses by a seeded generator. */
export class SimulatedLink {
  private freeAtMs = 0;
  private seed = 1;
  private stall = { fromMs: 0, toMs: 0 };
  private readonly flights: Arrival[] = [];

  constructor(public conditions: LinkConditions) {}

  send(bytes: number, nowMs: number): void {
    const { rateBps, delayMs, queueBytes, loss } = this.conditions;
    const bytesPerMs = rateBps / 8_000;
    const waitMs = Math.max(0, this.freeAtMs - nowMs);
    const full = waitMs * bytesPerMs + bytes > queueBytes;
    if (!full) this.freeAtMs = nowMs + waitMs + bytes / bytesPerMs;
    const lost = full || this.random() < loss;
    this.flights.push({ sentMs: nowMs, bytes, arrivedMs: lost ? undefined : this.seen(this.freeAtMs + delayMs) });
  }

  private seen(arrivedMs: number): number {
    const { stallMs = 0 } = this.conditions;
    if (arrivedMs > this.stall.toMs) {
      const fromMs = arrivedMs + this.random() * 3 * stallMs;
      this.stall = { fromMs, toMs: fromMs + this.random() * stallMs };
    }
    return stallMs > 0 && arrivedMs >= this.stall.fromMs ? this.stall.toMs : arrivedMs;
  }

  /** What the receiver knows at this time: all up to the newest packet that has arrived. */
  report(nowMs: number): Arrival[] {
    let known = 0;
    for (const [i, { arrivedMs }] of this.flights.entries()) {
      if (arrivedMs !== undefined && arrivedMs <= nowMs) known = i + 1;
    }
    return this.flights.splice(0, known);
  }

  get rttMs(): number {
    return this.conditions.delayMs * 2;
  }

  /** mulberry32 */
  private random(): number {
    this.seed = (this.seed + 0x6d2b79f5) | 0;
    let t = Math.imul(this.seed ^ (this.seed >>> 15), 1 | this.seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
}
