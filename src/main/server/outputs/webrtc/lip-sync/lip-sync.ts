import type { Arrival } from '../congestion/arrivals';
import { PictureClock } from './picture-clock';
import type { PlayoutDelay } from './playout-delay';
import { SoundClock } from './sound-clock';

/** Zero would ask for something else: every picture as soon as it is there (libwebrtc's low-latency rendering). */
const LEAST_MS = 10;
/** What a browser does with sound that is later is not known well enough. */
const MOST_MS = 1_000;
/** libwebrtc's own limit. */
const NO_LIMIT_MS = 10_000;
/** A picture that is not whole by then was repaired, or a keyframe is asked for. */
const REPAIRED_WITHIN_MS = 500;
/** From a sample played to one heard: what an operating system takes, a few tens of milliseconds. */
const DEVICE_MS = 20;

/**
 * Keeps sound and pictures together in a browser whose network has become bad, by telling it how long pictures are to wait.
 *
 * A queue of a second makes a browser's sound a second late at once, as there is nothing else to play, and it stays so for up to a
 * minute. The pictures that were in that queue are lost or given up, those of the live rendition come quickly and are shown
 * quickly. libwebrtc's own lip sync (`StreamSynchronization`) moves by an eighth of the difference a second, 80 ms at most, and
 * not at all below 30: it takes half a minute to bring pictures to the sound, and as long to let go of that when the sound
 * recovers. But all that it goes by is when packets arrive, which transport-wide feedback tells us as well. So what it does with
 * sound is reckoned here, and each picture carries the delay with which it is shown along with its sound (`PlayoutDelay`). Only
 * a lower bound: a browser that knows better waits longer.
 */
export class LipSync {
  private readonly sound = new SoundClock();
  private readonly pictures = new PictureClock();
  /** The one whose packets are being reported on. */
  private picture = { ms: Number.NEGATIVE_INFINITY, whole: true };
  /** One that lacks something, and those that came after it: a browser takes them in when it has been repaired. */
  private broken: { ms: number; after: { ms: number; arrivedMs: number }[] } | undefined;
  private abandonedMs = Number.NEGATIVE_INFINITY;

  /** What a report told, in the order in which it was sent. */
  arrived(arrivals: readonly Arrival[]): void {
    for (const { media, arrivedMs } of arrivals) {
      if (media?.kind === 'picture') this.pictureArrived(media, arrivedMs);
      else if (media?.kind === 'sound' && arrivedMs !== undefined) this.sound.arrived(media.ms, arrivedMs);
    }
  }

  /** What pictures up to this one lack is not sent again: a keyframe is next. */
  abandoned(mediaMs: number): void {
    this.abandonedMs = mediaMs;
  }

  /** What pictures sent from now on are to carry; undefined while nothing is known. */
  get playoutDelay(): PlayoutDelay | undefined {
    const soundMs = this.sound.transitMs;
    const picturesMs = this.pictures.transitMs;
    if (soundMs === undefined || picturesMs === undefined) return undefined;
    const minMs = Math.max(LEAST_MS, Math.min(MOST_MS, soundMs - picturesMs + DEVICE_MS));
    return { minMs, maxMs: NO_LIMIT_MS };
  }

  /** One that lacked a packet and was repaired is no measure of the way, and libwebrtc does not take it for one. */
  private pictureArrived({ ms, last }: { ms: number; last: boolean }, arrivedMs: number | undefined): void {
    if (ms < this.picture.ms) return;
    if (ms > this.picture.ms) this.picture = { ms, whole: true };
    if (arrivedMs === undefined) this.picture.whole = false;
    this.settle(ms);
    if (!last) return;
    if (arrivedMs === undefined || !this.picture.whole) this.broken ??= { ms, after: [] };
    else if (this.broken) this.broken.after.push({ ms, arrivedMs });
    else this.pictures.arrived(ms, arrivedMs);
  }

  /** What became of one that lacked something, by the time that this one is told of. */
  private settle(ms: number): void {
    const { broken } = this;
    if (!broken) return;
    const given = broken.ms <= this.abandonedMs;
    if (given ? ms <= this.abandonedMs : ms - broken.ms < REPAIRED_WITHIN_MS) return;
    this.broken = undefined;
    if (given) return;
    for (const picture of broken.after) this.pictures.arrived(picture.ms, picture.arrivedMs);
  }
}
