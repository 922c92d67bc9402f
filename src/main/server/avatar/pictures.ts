import type { I420Picture } from './avatar';
import type { Gop } from './clip';
import type { Playback } from './idle';
import type { PictureDrawer, PictureMemory } from './memory';
import type { AvatarPictures } from './walking';

/** Compressed pictures that are decoded a GOP at a time: a presenter's clip, or the all-intra file of an imported folder. */
export interface PictureSource {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly pictureCount: number;
  readonly gops: readonly Gop[];
  /** GOPs that are decoded ahead of the one shown. */
  readonly aheadGops: number;
  /** The GOP that holds a picture. */
  gopOf(index: number): number;
  /** Each picture is handed over as soon as it is there, in tight I420 that nobody else holds and always the same bytes. */
  decode(gop: number, onPicture: (index: number, data: Uint8Array) => void): Promise<void>;
  /** Nobody watches: frees the decoder after the decodes asked for so far. */
  rest(): Promise<void>;
  close(): Promise<void>;
}

interface Wanted {
  promise: Promise<I420Picture>;
  resolve: (picture: I420Picture) => void;
  reject: (error: unknown) => void;
}

/** An avatar's pictures, decoded when asked for and ahead of where the loop stands. Shared by all its sessions. */
export class ClipPictures implements AvatarPictures {
  readonly canWalk = true;
  readonly reachPictures: number;
  private readonly drawer: PictureDrawer;
  /** Pictures of the GOPs being decoded now. */
  private readonly wanted = new Map<number, Wanted>();
  private readonly decoding = new Set<number>();

  constructor(
    private readonly clip: PictureSource,
    private readonly playback: Playback,
    memory: PictureMemory,
  ) {
    const longestGop = Math.max(...clip.gops.map(({ count }) => count));
    const pictureBytes = (clip.widthPx * clip.heightPx * 3) / 2;
    this.drawer = memory.drawer((1 + clip.aheadGops) * longestGop * pictureBytes, clip.pictureCount * pictureBytes);
    this.reachPictures = this.drawer.holdsLoop ? clip.pictureCount : clip.aheadGops;
  }

  /**
   * The picture if it is in memory; otherwise its GOP is decoded, so that it soon is.
   * @param step 1 or -1: which way the walk goes on from here
   */
  now(index: number, step = 1): I420Picture | undefined {
    const picture = this.drawer.get(index);
    if (!picture) this.decode(this.clip.gopOf(index));
    this.ahead(index, step);
    return picture;
  }

  picture(index: number): Promise<I420Picture> {
    const picture = this.now(index);
    return picture ? Promise.resolve(picture) : this.wanted.get(index)!.promise;
  }

  /** The GOPs that the walk reaches next. Where ping-pong turns round there is nothing to do: those were shown just now. */
  private ahead(index: number, step: number): void {
    const { gops, aheadGops } = this.clip;
    for (let n = 1, gop = this.clip.gopOf(index); n <= Math.min(aheadGops, gops.length - 1); n++) {
      gop += step;
      if (this.playback === 'cycle') gop = (gop + gops.length) % gops.length;
      if (gop < 0 || gop >= gops.length) return;
      this.decode(gop);
    }
  }

  private decode(gop: number): void {
    if (this.decoding.has(gop)) return;
    const { first, count } = this.clip.gops[gop]!;
    let missing = false;
    // `get`, not a mere look: what is wanted next must not be the oldest in memory.
    for (let index = first; index < first + count; index++) missing = !this.drawer.get(index) || missing;
    if (!missing) return;
    this.decoding.add(gop);
    for (let index = first; index < first + count; index++) this.wanted.set(index, wanted());
    const { widthPx, heightPx } = this.clip;
    this.clip
      .decode(gop, (index, data) => {
        const picture = this.drawer.get(index) ?? { widthPx, heightPx, data };
        this.drawer.put(index, picture);
        this.wanted.get(index)?.resolve(picture);
      })
      .catch((error: unknown) => {
        for (let index = first; index < first + count; index++) this.wanted.get(index)?.reject(error);
      })
      .finally(() => {
        this.decoding.delete(gop);
        for (let index = first; index < first + count; index++) this.wanted.delete(index);
      });
  }

  /** With the last session the decoder goes; the pictures stay as long as others leave room, so that the next starts warm. */
  watchedBy(sessions: number): void {
    this.drawer.use(sessions);
    if (sessions === 0) this.clip.rest().catch(() => {});
  }

  async close(): Promise<void> {
    await this.clip.close();
    this.drawer.close();
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
