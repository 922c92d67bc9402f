import { type Clock, VirtualClock } from './clock';

/** Rounds of the event loop in which nothing new was begun, before time may move. */
const QUIET_ROUNDS = 2;

/**
 * Virtual time that waits for work done elsewhere (another process, a decoder): it moves on only when nobody is busy, so that
 * a run is the same on every machine, however slow.
 */
export class PatientClock implements Clock {
  readonly realTime = false;
  private readonly clock = new VirtualClock();
  readonly epochMs = this.clock.epochMs;

  /** @param work resolves when what is under way now has ended; undefined when nothing is. */
  constructor(private readonly work: () => Promise<unknown> | undefined) {}

  nowSamples(): number {
    return this.clock.nowSamples();
  }

  async waitUntil(samples: number, signal: AbortSignal): Promise<void> {
    for (let quiet = 0; quiet < QUIET_ROUNDS && !signal.aborted; quiet++) {
      await new Promise((resolve) => setImmediate(resolve));
      for (let work = this.work(); work && !signal.aborted; work = this.work()) {
        await work;
        quiet = 0;
      }
    }
    await this.clock.waitUntil(samples);
  }
}
