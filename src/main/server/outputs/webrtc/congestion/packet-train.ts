import type { Arrival } from './arrivals';

/** One that took no longer than this beyond the first of a train is not part of it yet: the next one may be the first. */
const QUIET_MS = 10;
/** A packet that took so much longer than the one before it waited behind that one. */
const STEP_MS = 4;
const STEPS = 4;
/** The largest step is left out: a way that became longer is one step, and so is a receiver that was held up. */
const RISE_MS = 60;
/** Below it sound is not held up by much, and there is time to look more closely (`Backlog`, `DelayTrend`). */
const DEEP_MS = 100;
/** Small packets between large ones, and the pause between two pictures, take that much back though the queue stays. */
const SLACK_MS = 30;
const LONGEST_MS = 1_000;
/** A receiver that begins is slow for a moment: it sets up its decoders. */
const SETTLE_MS = 1_500;

interface Train {
  delayMs: number;
  arrivedMs: number;
  longestMs: number;
  largestStepMs: number;
  steps: number;
  bytes: number;
}

/**
 * Tells of a bottleneck by the packets of a single picture: they leave a millisecond apart, and behind a network that carries an
 * eighth of the program each arrives thirty after the one before it (Keshav 1991, "packet pair"; Jain and Dovrolis 2002). Four of
 * them tell within one or two reports what `Backlog` knows after three or four, and each report later is a quarter of a second
 * that sound will be late.
 */
export class PacketTrain {
  private train: Train | undefined;
  private lastMs = 0;
  private sinceMs: number | undefined;

  /**
   * @param arrivals a report's packets, in the order in which they were sent
   * @param shortestMs what the quickest packets take
   * @returns what came through, bits per second; undefined while nothing tells of a bottleneck
   */
  add(arrivals: readonly Arrival[], shortestMs: number | undefined): number | undefined {
    for (const { sentMs, arrivedMs, bytes } of arrivals) {
      if (arrivedMs === undefined) continue;
      this.sinceMs ??= arrivedMs;
      const delayMs = arrivedMs - sentMs;
      const { train } = this;
      const stepMs = delayMs - this.lastMs;
      this.lastMs = delayMs;
      const begins =
        !train ||
        delayMs <= train.delayMs + QUIET_MS ||
        delayMs < train.longestMs - SLACK_MS ||
        arrivedMs - train.arrivedMs > LONGEST_MS;
      if (begins) {
        this.train = { delayMs, arrivedMs, longestMs: delayMs, largestStepMs: 0, steps: 0, bytes: 0 };
        continue;
      }
      train.longestMs = Math.max(train.longestMs, delayMs);
      train.bytes += bytes;
      if (stepMs < STEP_MS) continue;
      train.steps++;
      train.largestStepMs = Math.max(train.largestStepMs, stepMs);
      if (arrivedMs - this.sinceMs < SETTLE_MS || delayMs - (shortestMs ?? delayMs) < DEEP_MS) continue;
      if (train.steps < STEPS || delayMs - train.delayMs - train.largestStepMs < RISE_MS) continue;
      const carriedBps = (train.bytes * 8_000) / (arrivedMs - train.arrivedMs);
      this.restart();
      return carriedBps;
    }
    return undefined;
  }

  /** What was decided upon is not to be decided upon again. */
  restart(): void {
    this.train = undefined;
  }
}
