import type { Rendition } from '../../output';

export interface Sight {
  /** What the network is thought to carry. */
  targetBps: number;
  /** What the program takes at its peaks, sound and headers included. */
  programBps: number;
  /** How much longer packets take than they have to. */
  queueMs: number;
}

/** A dip that is over so soon was none. */
const LEAVE_AFTER_MS = 300;
const LEAVE_BELOW = 0.95;
/** A fall as deep as this has been looked at long enough: each further picture only makes the queue longer. */
const LEAVE_SOON_BELOW = 0.5;
const LEAVE_SOON_AFTER_MS = 80;
const RETURN_AFTER_MS = 1_000;
/** Speech takes more than silence, and keyframes more than either. */
const RETURN_ABOVE = 1.15;
const RETURN_BELOW_QUEUE_MS = 60;
/** The estimate goes no further than its ceiling: there it is enough, whatever the program took in its fullest second. */
const CEILING_SHARE = 0.9;
/** A return that did not last so long failed; each failure doubles the wait for the next one. */
const FAILED_WITHIN_MS = 10_000;
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;

/**
 * Which rendition a peer should be sent. It leaves the program when its network carries less than that for a third of a second,
 * and returns when it carries more for a second; one that leaves again at once has to wait longer each time. Synchronous.
 */
export class RenditionChoice {
  private current: Rendition = 'program';
  private otherwiseSinceMs: number | undefined;
  private switchedMs = Number.NEGATIVE_INFINITY;
  private waitMs = FIRST_WAIT_MS;

  /** @param ceilingBps beyond which the network's estimate does not grow */
  constructor(private readonly ceilingBps = Number.POSITIVE_INFINITY) {}

  get rendition(): Rendition {
    return this.current;
  }

  /** @returns the rendition to go to, when it is time to */
  look({ targetBps, programBps, queueMs }: Sight, nowMs: number): Rendition | undefined {
    const leaving = this.current === 'program';
    const otherwise = leaving
      ? targetBps < programBps * LEAVE_BELOW
      : targetBps > Math.min(programBps * RETURN_ABOVE, this.ceilingBps * CEILING_SHARE) &&
        queueMs < RETURN_BELOW_QUEUE_MS;
    if (!otherwise) {
      this.otherwiseSinceMs = undefined;
      return undefined;
    }
    this.otherwiseSinceMs ??= nowMs;
    const leaveAfterMs = targetBps < programBps * LEAVE_SOON_BELOW ? LEAVE_SOON_AFTER_MS : LEAVE_AFTER_MS;
    if (nowMs - this.otherwiseSinceMs < (leaving ? leaveAfterMs : RETURN_AFTER_MS)) return undefined;
    if (!leaving && nowMs - this.switchedMs < this.waitMs) return undefined;
    if (leaving) {
      const failed = nowMs - this.switchedMs < FAILED_WITHIN_MS;
      this.waitMs = failed ? Math.min(LONGEST_WAIT_MS, this.waitMs * 2) : FIRST_WAIT_MS;
    }
    this.current = leaving ? 'live' : 'program';
    this.switchedMs = nowMs;
    this.otherwiseSinceMs = undefined;
    return this.current;
  }
}
