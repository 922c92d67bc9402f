import { createHash } from 'node:crypto';
import type { Avatar, Box, I420Picture, PerformanceClip } from '../avatar/avatar';
import { pictureBytes } from '../avatar/background';

/** An avatar whose walk begins somewhere else, so that a row of clips does not always nod at the same word. */
export class OffsetAvatar implements Avatar {
  private readonly offset: number;

  /** @param seed 0 begins with the first picture; every other number somewhere of its own */
  constructor(
    private readonly avatar: Avatar,
    seed: number,
    private readonly onFault: (error: unknown) => void,
  ) {
    this.offset =
      seed === 0 ? 0 : createHash('sha256').update(String(seed)).digest().readUInt32LE() % this.pictureCount;
  }

  get id(): string {
    return this.avatar.id;
  }

  get name(): Record<string, string> {
    return this.avatar.name;
  }

  get background() {
    return this.avatar.background;
  }

  get widthPx(): number {
    return this.avatar.widthPx;
  }

  get heightPx(): number {
    return this.avatar.heightPx;
  }

  get pictureCount(): number {
    return this.avatar.pictureCount;
  }

  get reachPictures(): number {
    return this.avatar.reachPictures ?? this.pictureCount;
  }

  get faceSizePx(): number | undefined {
    return this.avatar.faceSizePx;
  }

  get stillIndex(): number {
    return this.avatar.stillIndex;
  }

  get performances(): readonly PerformanceClip[] {
    return this.avatar.performances ?? [];
  }

  indexAt(position: number): number {
    return this.avatar.indexAt(position + this.offset);
  }

  faceBox(index: number): Box {
    return this.avatar.faceBox(index);
  }

  /** Never rejects: the clip is given up then, and the playout, which no one waits for yet, has something to show until it ends. */
  async picture(index: number): Promise<I420Picture> {
    try {
      return await this.avatar.picture(index);
    } catch (error) {
      this.onFault(error);
      const { widthPx, heightPx } = this;
      return { widthPx, heightPx, data: new Uint8Array(pictureBytes(this, this.background)) };
    }
  }

  pictureNow(index: number): I420Picture | undefined {
    return this.avatar.pictureNow(index);
  }

  release(): void {
    this.avatar.release();
  }
}
