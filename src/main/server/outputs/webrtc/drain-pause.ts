import type { Arrival } from './congestion/arrivals';

/** What nobody reports on by then is not waited for. */
const LONGEST_MS = 3_000;

/**
 * Nothing of the program is sent while a queue on the way empties that the program filled before anybody knew of it.
 *
 * Sound that goes into such a queue comes out a second late, and libwebrtc plays it, and what follows, a second late for up to a
 * minute (`SoundClock`), while the pictures of a smaller rendition are there at once. Sound that is not sent is a gap, as that in
 * the pictures, and after it both go on in time. How long the queue is nobody can tell beforehand: what did not fit into it is
 * lost. So small packets without content follow it, and the first of them that arrives says that it is empty.
 */
export class DrainPause {
  private sinceMs: number | undefined;

  get on(): boolean {
    return this.sinceMs !== undefined;
  }

  begin(nowMs: number): void {
    this.sinceMs ??= nowMs;
  }

  /** @returns true when it is over by what a report tells */
  reported(arrivals: readonly Arrival[]): boolean {
    const { sinceMs } = this;
    if (sinceMs === undefined) return false;
    return this.overIf(
      arrivals.some(
        ({ media, arrivedMs, sentMs }) => media?.kind === 'probe' && arrivedMs !== undefined && sentMs >= sinceMs,
      ),
    );
  }

  /** Call now and then. @returns true when it has been long enough */
  expired(nowMs: number): boolean {
    return this.overIf(this.sinceMs !== undefined && nowMs - this.sinceMs >= LONGEST_MS);
  }

  private overIf(over: boolean): boolean {
    if (over) this.sinceMs = undefined;
    return over;
  }
}
