import { HeraldError } from '../errors';
import type { Background } from './background';
import { VideoClip } from './clip';
import { type Keyer, keyerOf } from './keyer';
import type { NewPicture, OnPicture, PictureSource } from './pictures';

/** The mattes that a presenter brings along, and what stands behind it in its own pictures. */
export interface KeyFiles {
  matteFile: string;
  wallFile: string;
}

/** A clip before another background. Every picture is keyed once, as it is decoded; whoever shows it need not know. */
export class KeyedClip implements PictureSource {
  private constructor(
    private readonly clip: VideoClip,
    private readonly matte: VideoClip,
    private readonly keyer: Keyer,
  ) {}

  /** Takes the clip over, and closes it when this fails. @throws HeraldError('malformed') when the files do not belong together */
  static async open(clip: VideoClip, { matteFile, wallFile }: KeyFiles, background: Background): Promise<KeyedClip> {
    let matte: VideoClip | undefined;
    try {
      matte = await VideoClip.open(matteFile);
      const same = matte.pictureCount === clip.pictureCount && matte.gops.length === clip.gops.length;
      if (!same || matte.widthPx !== clip.widthPx || matte.heightPx !== clip.heightPx) {
        throw new HeraldError('malformed', `${matteFile} does not fit its clip. Restore the presenter's folder.`);
      }
      return new KeyedClip(clip, matte, keyerOf(clip, await firstPictureOf(wallFile, clip), background));
    } catch (error) {
      await clip.close();
      await matte?.close();
      throw error;
    }
  }

  get widthPx(): number {
    return this.clip.widthPx;
  }

  get heightPx(): number {
    return this.clip.heightPx;
  }

  get pictureBytes(): number {
    return this.keyer.bytes;
  }

  get pictureCount(): number {
    return this.clip.pictureCount;
  }

  get gops() {
    return this.clip.gops;
  }

  get aheadGops(): number {
    return this.clip.aheadGops;
  }

  gopOf(index: number): number {
    return this.clip.gopOf(index);
  }

  async decode(gop: number, memory: NewPicture, onPicture: OnPicture): Promise<void> {
    const { keyer } = this;
    const mattes = new Map<number, Uint8Array>();
    await this.matte.decode(
      gop,
      (bytes) => new Uint8Array(bytes),
      (index, data) => void mattes.set(index, data),
    );
    const withRoom: NewPicture = () => memory(keyer.bytes);
    await this.clip.decode(gop, withRoom, (index, data) => {
      keyer.apply(data, mattes.get(index)!);
      onPicture(index, data);
    });
  }

  async rest(): Promise<void> {
    await Promise.all([this.clip.rest(), this.matte.rest()]);
  }

  async close(): Promise<void> {
    await Promise.all([this.clip.close(), this.matte.close()]);
  }
}

/** @throws HeraldError('malformed') when it is of another size */
export async function firstPictureOf(file: string, { widthPx, heightPx }: VideoSize): Promise<Uint8Array> {
  const video = await VideoClip.open(file);
  try {
    if (video.widthPx !== widthPx || video.heightPx !== heightPx) {
      throw new HeraldError('malformed', `${file} is not ${widthPx}x${heightPx}. Restore the presenter's folder.`);
    }
    let first: Uint8Array | undefined;
    await video.decode(
      0,
      (bytes) => new Uint8Array(bytes),
      (index, data) => {
        if (index === 0) first = data;
      },
    );
    return first!;
  } finally {
    await video.close();
  }
}

type VideoSize = Pick<VideoClip, 'widthPx' | 'heightPx'>;
