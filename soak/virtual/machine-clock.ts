import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { Random } from '../../fuzz/random';
import type { Clock } from '../../src/main/server/playout/clock';
import { msToSamples } from '../../src/shared/units';

/** Chance, per frame of 20 ms, that the machine stands still: about once in seven minutes. */
const STALL_CHANCE = 1 / 20_000;
/** Waits between turns of the event loop while nobody works: promises go on without them, timers and sockets are not needed. */
const WAITS_PER_ROUND = 64;

/**
 * The clock of a machine that is late and sometimes stands still, in time that passes only when someone waits for it. To a playout
 * it is as real as any: it does not wait for pictures and mouths, and what is too late is skipped.
 */
export class MachineClock implements Clock {
  readonly realTime = true;
  readonly figures = { stalls: 0, longestStallMs: 0 };
  /** Up to where it was last waited for: what should have been sent by then. */
  askedSamples = 0;
  private samples = 0;
  private waits = 0;
  /** While true every wait lets the event loop go round, so that work under way gets the time it needs. */
  busy = () => false;

  constructor(
    private readonly random: Random,
    readonly epochMs: number,
  ) {}

  nowSamples(): number {
    return this.samples;
  }

  async waitUntil(samples: number): Promise<void> {
    if (this.busy() || ++this.waits % WAITS_PER_ROUND === 0) await letOthersRun();
    this.askedSamples = samples;
    this.samples = Math.max(this.samples, samples);
    if (this.random.chance(0.2)) this.samples += this.random.below(msToSamples(8)); // timers come late
    if (!this.random.chance(STALL_CHANCE)) return;
    const stallMs = 20 + this.random.next() ** 3 * 20_000;
    this.figures.stalls++;
    this.figures.longestStallMs = Math.max(this.figures.longestStallMs, Math.round(stallMs));
    this.samples += msToSamples(stallMs);
  }
}
