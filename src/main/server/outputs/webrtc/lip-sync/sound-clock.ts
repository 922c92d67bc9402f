import { ArrivalHistogram } from './arrival-histogram';

/** How late a packet is, is told from the quickest one within two seconds of sound. */
const HISTORY_MS = 2_000;
const LOOK_EVERY_MS = 500;
const FIRST_WAIT_MS = 80;
/** It counts time by the blocks of sound that it plays. */
const TICK_MS = 10;
/** After a longer gap it does not go on with the first packet: 0 to 200 ms come together first, as measured; more often few. */
const GAP_MS = 100;
const GATHERED_MS = 60;
/** Sound that is missing is made up until its time is over, or until so much more than the wait has come after it. */
const BEYOND_WAIT_MS = 50;
const PACKET_MS = 20;
/** Nothing is done about so little too much. */
const GRANULARITY_MS = 20;
/** Speech is shortened and drawn out by a pitch period now and then: so much a second, as measured in Chromium 156. */
const SHORTENED_MS_PER_S = 75;
const DRAWN_OUT_MS_PER_S = 100;
/** What waits four times too long is shortened all the time. */
const FAR_TOO_LONG = 4;
const RUSHED_MS_PER_S = 500;

/**
 * When a browser plays the sound that arrived then and then: libwebrtc's NetEq, as far as it decides that. It waits for as long as
 * its histogram tells it to, longer where a packet was later still and nothing was left to play, and takes that back by playing a
 * little faster. Tells transits: the other side's clock less media time, ms. Their zero means nothing; it is `PictureClock`'s too.
 */
export class SoundClock {
  private readonly history: { mediaMs: number; transitMs: number }[] = [];
  private readonly histogram = new ArrivalHistogram();
  private look: { sinceMs: number; lateMs: number } | undefined;
  private waitMs = FIRST_WAIT_MS;
  private played: { transitMs: number; atMs: number } | undefined;
  /** Something is missing before what comes now: where that began, how it came, and when sound was played before. */
  private gap: { endMs: number; transitMs: number; beforeMs: number } | undefined;

  /** A packet of sound; one that was overtaken teaches nothing. */
  arrived(mediaMs: number, arrivedMs: number): void {
    const { history } = this;
    const gapMs = mediaMs - (history.at(-1)?.mediaMs ?? mediaMs - PACKET_MS) - PACKET_MS;
    if (gapMs <= -PACKET_MS) return;
    const transitMs = Math.floor(arrivedMs / TICK_MS) * TICK_MS - mediaMs;
    history.push({ mediaMs, transitMs });
    while (history[0]!.mediaMs < mediaMs - HISTORY_MS) history.shift();
    let [shortestMs, longestMs] = [transitMs, transitMs];
    for (const other of history) {
      shortestMs = Math.min(shortestMs, other.transitMs);
      longestMs = Math.max(longestMs, other.transitMs);
    }
    this.learn(transitMs - shortestMs, transitMs + mediaMs);
    if (this.played && gapMs > 0) {
      this.gap = { endMs: mediaMs, transitMs: arrivedMs - mediaMs, beforeMs: this.played.transitMs };
    }
    this.gather(mediaMs);
    this.play(arrivedMs - mediaMs, arrivedMs, shortestMs, longestMs - shortestMs);
  }

  /** The transit with which sound is played; undefined before the first packet. */
  get transitMs(): number | undefined {
    return this.played?.transitMs;
  }

  /** After a gap: the wait may become another one until there is enough. */
  private gather(mediaMs: number): void {
    const { gap, played } = this;
    if (!gap || !played) return;
    const enoughMs = this.waitMs + BEYOND_WAIT_MS;
    played.transitMs = Math.min(gap.beforeMs, gap.transitMs + enoughMs);
    if (mediaMs + PACKET_MS - gap.endMs > enoughMs) this.gap = undefined;
  }

  private learn(lateMs: number, nowMs: number): void {
    const { look } = this;
    if (look && nowMs - look.sinceMs <= LOOK_EVERY_MS) {
      look.lateMs = Math.max(look.lateMs, lateMs);
      return;
    }
    if (look) {
      this.histogram.add(look.lateMs);
      this.waitMs = this.histogram.waitMs;
    }
    this.look = { sinceMs: nowMs, lateMs };
  }

  private play(transitMs: number, nowMs: number, shortestMs: number, spreadMs: number): void {
    const { played, waitMs } = this;
    const earliestMs = shortestMs + waitMs;
    const mostMs = waitMs + spreadMs + GRANULARITY_MS;
    const latestMs = shortestMs + mostMs;
    if (!played) {
      this.played = { transitMs: earliestMs, atMs: nowMs };
      return;
    }
    const seconds = Math.max(0, nowMs - played.atMs) / 1_000;
    played.atMs = Math.max(played.atMs, nowMs);
    if (played.transitMs > latestMs) {
      const rushed = played.transitMs - shortestMs >= FAR_TOO_LONG * mostMs;
      const msPerS = rushed ? RUSHED_MS_PER_S : SHORTENED_MS_PER_S;
      played.transitMs = Math.max(latestMs, played.transitMs - seconds * msPerS);
    } else if (played.transitMs < earliestMs) {
      played.transitMs = Math.min(earliestMs, played.transitMs + seconds * DRAWN_OUT_MS_PER_S);
    }
    // It cannot be played before it is there.
    if (transitMs > played.transitMs) {
      played.transitMs = transitMs + (transitMs - played.transitMs > GAP_MS ? GATHERED_MS : 0);
    }
  }
}
