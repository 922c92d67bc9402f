import type { I420Picture } from './avatar';
import type { VideoClip } from './clip';
import type { Playback } from './idle';
import type { PictureDrawer, PictureMemory } from './memory';

interface Wanted {
  promise: Promise<I420Picture>;
  resolve: (picture: I420Picture) => void;
  reject: (error: unknown) => void;
}

/** An avatar's pictures, decoded when asked for and one GOP ahead of where the loop stands. Shared by all its sessions. */
export class ClipPictures {
  private readonly drawer: PictureDrawer;
  /** Pictures of the GOPs being decoded now. */
  private readonly wanted = new Map<number, Wanted>();
  private readonly decoding = new Set<number>();

  constructor(
    private readonly clip: VideoClip,
    private readonly playback: Playback,
    memory: PictureMemory,
  ) {
    const longestGop = Math.max(...clip.gops.map(({ count }) => count));
    this.drawer = memory.drawer(2 * longestGop * ((clip.widthPx * clip.heightPx * 3) / 2));
  }

  /** The picture if it is in memory; otherwise its GOP is decoded, so that it soon is. */
  now(index: number): I420Picture | undefined {
    const picture = this.drawer.get(index);
    if (!picture) this.decode(this.clip.gopOf(index));
    this.ahead(index);
    return picture;
  }

  picture(index: number): Promise<I420Picture> {
    const picture = this.now(index);
    return picture ? Promise.resolve(picture) : this.wanted.get(index)!.promise;
  }

  /** The neighbouring GOP that the walk reaches next: a cycle only goes forward, ping-pong towards the nearer end. */
  private ahead(index: number): void {
    const { gops } = this.clip;
    const gop = this.clip.gopOf(index);
    const { first, count } = gops[gop]!;
    let next = gop + 1;
    if (this.playback === 'cycle') next %= gops.length;
    else if (index - first < count / 2) next = gop - 1;
    if (next >= 0 && next < gops.length) this.decode(next);
  }

  private decode(gop: number): void {
    if (this.decoding.has(gop)) return;
    const { first, count } = this.clip.gops[gop]!;
    let missing = false;
    for (let index = first; index < first + count; index++) missing ||= !this.drawer.has(index);
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

  /** The first session came. */
  wake(): void {
    this.drawer.use(true);
  }

  /** The last session left: decoded pictures stay as long as others leave room, so that the next one starts warm. */
  async rest(): Promise<void> {
    this.drawer.use(false);
    await this.clip.rest();
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
