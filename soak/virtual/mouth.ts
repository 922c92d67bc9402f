import type { Mouth, MouthPatch, MouthRequest, MouthStatus } from '../../src/main/server/mouth/mouth';

export const PAINTED = 200;

/** A mouth that paints a box where the face is, at once; every hundredth time it has nothing to give. */
export class PaintedMouth implements Mouth {
  readonly windowStartMs = -37.5;
  /** Patches that were given out and not given back. */
  out = 0;
  private asked = 0;

  status(): MouthStatus {
    return { model: 'painted', provider: 'none', faceSizePx: 96, warmPictureMs: 0, state: 'ready', restarts: 0 };
  }

  async ready(): Promise<void> {}

  async infer({ avatar, pictureIndex }: MouthRequest, signal: AbortSignal): Promise<MouthPatch | undefined> {
    if (signal.aborted || ++this.asked % 100 === 0) return undefined;
    const region = avatar.faceBox(pictureIndex);
    this.out++;
    return {
      region,
      data: new Uint8Array((region.widthPx * region.heightPx * 3) / 2).fill(PAINTED),
      release: () => void this.out--,
    };
  }

  prepare(): void {}

  async close(): Promise<void> {}
}
