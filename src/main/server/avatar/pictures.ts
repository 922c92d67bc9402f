import type { I420Picture } from './avatar';
import type { Gop } from './clip';
import type { Playback } from './idle';
import type { PictureDrawer, PictureMemory } from './memory';
import type { AvatarPictures } from './walking';

/** Memory for one picture, which nobody else holds. */
export type NewPicture = (bytes: number) => Uint8Array;
export type OnPicture = (index: number, data: Uint8Array) => void;

/** Compressed pictures that are decoded a GOP at a time: a presenter's clip, or the all-intra file of an imported folder. */
export interface PictureSource {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly pictureCount: number;
  /** Of one with more than its I420. */
  readonly pictureBytes?: number;
  readonly gops: readonly Gop[];
  /** GOPs that are decoded ahead of the one shown. */
  readonly aheadGops: number;
  /** The GOP that holds a picture. */
  gopOf(index: number): number;
  /** Each picture is handed over as soon as it is there, in tight I420 and always the same bytes. */
  decode(gop: number, memory: NewPicture, onPicture: OnPicture): Promise<void>;
  /** Nobody watches: frees the decoder after the decodes asked for so far. */
  rest(): Promise<void>;
  close(): Promise<void>;
}

interface Wanted {
  promise: Promise<I420Picture>;
  resolve: (picture: I420Picture) => void;
  reject: (error: unknown) => void;
}

/** A GOP that waits to be decoded. */
interface Waiting {
  /** The latest call of `now` that wanted it. */
  call: number;
  /** How many GOPs ahead of what that call asked for. */
  distance: number;
  /** Somebody waits for one of its pictures; otherwise it is a hint. */
  awaited: boolean;
}

/** A hint that nobody has repeated for so many calls of each session belongs to pictures that the walk has passed. */
const STALE_CALLS = 4;

/** An avatar's pictures, decoded when asked for and ahead of where the loop stands. Shared by all its sessions. */
export class ClipPictures implements AvatarPictures {
  readonly canWalk = true;
  readonly reachPictures: number;
  private readonly drawer: PictureDrawer;
  /** Pictures of the GOPs that wait or are being decoded. */
  private readonly wanted = new Map<number, Wanted>();
  private readonly waiting = new Map<number, Waiting>();
  private decoding: number | undefined;
  private calls = 0;
  private sessions = 0;
  private closed = false;
  private readonly allIntra: boolean;
  /** A picture was asked for while it was still being decoded, and since then there was always another one to decode. */
  private behind = false;

  constructor(
    private readonly clip: PictureSource,
    private readonly playback: Playback,
    memory: PictureMemory,
  ) {
    const longestGop = Math.max(...clip.gops.map(({ count }) => count));
    this.allIntra = longestGop === 1;
    const { pictureBytes = (clip.widthPx * clip.heightPx * 3) / 2 } = clip;
    this.drawer = memory.drawer((1 + clip.aheadGops) * longestGop * pictureBytes, clip.pictureCount * pictureBytes);
    this.reachPictures = this.drawer.holdsLoop ? clip.pictureCount : clip.aheadGops;
  }

  /**
   * The picture if it is in memory; otherwise its GOP is decoded, so that it soon is.
   * @param step 1 or -1: which way the walk goes on from here
   */
  now(index: number, step = 1): I420Picture | undefined {
    this.calls++;
    const picture = this.drawer.get(index);
    if (!picture) this.want(this.clip.gopOf(index), 0);
    this.ahead(index, step);
    this.decodeNext();
    return picture;
  }

  picture(index: number): Promise<I420Picture> {
    const picture = this.now(index);
    if (picture) return Promise.resolve(picture);
    const waiting = this.waiting.get(this.clip.gopOf(index));
    if (waiting) waiting.awaited = true;
    return this.wanted.get(index)?.promise ?? Promise.reject(new Error('the avatar was closed'));
  }

  /** With the last session the decoder goes; the pictures stay as long as others leave room, so that the next starts warm. */
  watchedBy(sessions: number): void {
    this.sessions = sessions;
    this.drawer.use(sessions);
    if (sessions === 0) this.forget(() => true);
    this.decodeNext();
  }

  async close(): Promise<void> {
    this.closed = true;
    const error = new Error('the avatar was closed');
    for (const gop of this.waiting.keys()) this.settle(gop, ({ reject }) => reject(error));
    this.waiting.clear();
    await this.clip.close();
    this.drawer.close();
  }

  /** The GOPs that the walk reaches next. Where ping-pong turns round there is nothing to do: those were shown just now. */
  private ahead(index: number, step: number): void {
    const { gops, aheadGops } = this.clip;
    for (let n = 1, gop = this.clip.gopOf(index); n <= Math.min(aheadGops, gops.length - 1); n++) {
      gop += step;
      if (this.playback === 'cycle') gop = (gop + gops.length) % gops.length;
      if (gop < 0 || gop >= gops.length) return;
      this.want(gop, n);
    }
  }

  private want(gop: number, distance: number): void {
    if (this.closed) return;
    const { first, count } = this.clip.gops[gop]!;
    let missing = false;
    // `get`, not a mere look: what is wanted next must not be the oldest in memory.
    for (let index = first; index < first + count; index++) missing = !this.drawer.get(index) || missing;
    if (!missing) return;
    if (gop === this.decoding) {
      this.behind ||= distance === 0;
      return;
    }
    const { calls: call } = this;
    const waiting = this.waiting.get(gop);
    if (waiting) {
      waiting.distance = waiting.call === call ? Math.min(waiting.distance, distance) : distance;
      waiting.call = call;
      return;
    }
    this.waiting.set(gop, { call, distance, awaited: false });
    for (let index = first; index < first + count; index++) this.wanted.set(index, wanted());
  }

  private decodeNext(): void {
    if (this.decoding !== undefined || this.closed) return;
    const gop = this.next();
    if (gop === undefined) {
      if (this.sessions === 0) this.clip.rest().catch(() => {});
      return;
    }
    this.waiting.delete(gop);
    this.decoding = gop;
    const { widthPx, heightPx } = this.clip;
    this.clip
      .decode(gop, this.drawer.allocate, (index, data) => {
        this.wanted.get(index)?.resolve(this.drawer.put(index, { widthPx, heightPx, data }));
      })
      .catch((error: unknown) => this.settle(gop, ({ reject }) => reject(error)))
      .finally(() => {
        this.settle(gop);
        this.decoding = undefined;
        this.decodeNext();
      });
  }

  /**
   * What somebody waits for comes first, then the nearest; of single pictures the furthest for as long as decoding is behind:
   * on a machine that decodes a little slower than it shows, the nearest would come late every time, and the presenter would
   * freeze instead of missing some pictures.
   */
  private next(): number | undefined {
    this.forget(({ call }) => call < this.calls - STALE_CALLS * Math.max(1, this.sessions));
    if (this.waiting.size === 0) this.behind = false;
    let best: number | undefined;
    let bestRank = Number.POSITIVE_INFINITY;
    for (const [gop, { awaited, distance }] of this.waiting) {
      if (awaited || !this.allIntra) return gop;
      const rank = this.behind ? -distance : distance;
      if (rank < bestRank) [best, bestRank] = [gop, rank];
    }
    return best;
  }

  /** Drops hints. */
  private forget(which: (waiting: Waiting) => boolean): void {
    for (const [gop, waiting] of this.waiting) {
      if (waiting.awaited || !which(waiting)) continue;
      this.waiting.delete(gop);
      this.settle(gop);
    }
  }

  private settle(gop: number, how: (wanted: Wanted) => void = () => {}): void {
    const { first, count } = this.clip.gops[gop]!;
    for (let index = first; index < first + count; index++) {
      const wanted = this.wanted.get(index);
      if (wanted) how(wanted);
      this.wanted.delete(index);
    }
  }
}

/** Node 20 has no Promise.withResolvers. */
function wanted(): Wanted {
  let resolve!: Wanted['resolve'];
  let reject!: Wanted['reject'];
  const promise = new Promise<I420Picture>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => {}); // decoded ahead: maybe nobody asked, and then nobody is hurt
  return { promise, resolve, reject };
}
