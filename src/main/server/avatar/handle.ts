import type { Avatar, Box, PerformanceClip } from './avatar';
import type { Background } from './background';
import type { Company, Walker } from './company';
import { indexAt, type Playback } from './idle';
import type { KeyFiles } from './keyed-clip';
import type { AvatarPictures } from './walking';

/** What is known of an avatar without decoding anything. */
export interface AvatarInfo {
  id: string;
  kind: 'presenter' | 'livetalking';
  name: Record<string, string>;
  /** A portrait of presenters that have one. */
  thumbnailFile?: string;
  widthPx: number;
  heightPx: number;
  pictureCount: number;
  playback: Playback;
  stillIndex: number;
  /** Of the faces that came with it; see Avatar. */
  faceSizePx?: number | undefined;
  /** One for all pictures or one each. */
  faceBoxes: Box[];
  performances?: PerformanceClip[];
  background?: Background;
  /** It can stand before other backgrounds. */
  key?: KeyFiles;
}

/** One session's view of an avatar whose pictures it shares. */
export class AvatarHandle implements Avatar {
  /** Which way the walk went through each picture when its position was last asked for: what to decode ahead. */
  private readonly steps: Int8Array;
  /**
   * Position at which the walk begins. While the avatar stands, every position is its first picture and stays so (speech may
   * have been prepared on it), hence no jump: the walk begins behind the last position that was asked for.
   */
  private walkFrom: number | undefined;
  private readonly walker: Walker | undefined;
  private released = false;

  constructor(
    private readonly info: AvatarInfo,
    private readonly pictures: AvatarPictures,
    private readonly onReleased: () => void,
    /** Where its walk keeps together with those of other sessions. */
    private readonly company?: Company,
  ) {
    this.walker = company?.join();
    this.steps = new Int8Array(info.pictureCount).fill(1);
  }

  get id(): string {
    return this.info.id;
  }

  get name(): Record<string, string> {
    return this.info.name;
  }

  get background(): Background | undefined {
    return this.info.background;
  }

  get widthPx(): number {
    return this.info.widthPx;
  }

  get heightPx(): number {
    return this.info.heightPx;
  }

  get pictureCount(): number {
    return this.pictures.canWalk ? this.info.pictureCount : 1;
  }

  get faceSizePx(): number | undefined {
    return this.info.faceSizePx;
  }

  get reachPictures(): number {
    return this.pictures.reachPictures;
  }

  get stillIndex(): number {
    return this.info.stillIndex;
  }

  get performances(): readonly PerformanceClip[] {
    return this.info.performances ?? [];
  }

  indexAt(position: number): number {
    if (!this.pictures.canWalk) {
      this.walkFrom = Math.max(this.walkFrom ?? 0, position + 1);
      return 0;
    }
    this.walkFrom ??= position - (this.company?.start ?? 0);
    const { pictureCount, playback } = this.info;
    const walked = Math.max(0, position - this.walkFrom);
    const index = indexAt(walked, pictureCount, playback);
    this.steps[index] = indexAt(walked + 1, pictureCount, playback) < index && playback === 'pingpong' ? -1 : 1;
    return index;
  }

  faceBox(index: number): Box {
    const { faceBoxes } = this.info;
    return faceBoxes[faceBoxes.length === 1 ? 0 : index]!;
  }

  onAir(position: number, { silent }: { silent: boolean }): void {
    const { walker } = this;
    if (!walker || this.walkFrom === undefined || position < this.walkFrom) return;
    walker.show(position - this.walkFrom);
    if (silent && walker.shouldStand()) this.walkFrom++;
  }

  async picture(index: number) {
    this.check(index);
    return this.pictures.picture(index);
  }

  pictureNow(index: number) {
    this.check(index);
    return this.pictures.now(index, this.steps[index]);
  }

  release(): void {
    if (this.released) return;
    this.released = true;
    this.walker?.leave();
    this.onReleased();
  }

  private check(index: number): void {
    const { id, pictureCount } = this.info;
    if (!Number.isInteger(index) || index < 0 || index >= pictureCount) {
      throw new RangeError(`avatar ${id} has no picture ${index}`);
    }
  }
}
