import { rename, rm, stat } from 'node:fs/promises';
import { SAMPLES_PER_PICTURE } from '../../../shared/units';
import type { Avatar, I420Picture } from '../avatar/avatar';
import { TRANSPARENT } from '../avatar/background';
import type { PlayoutSink } from '../playout/playout';
import { ClipFile } from './clip-file';
import { clipFormatOf } from './format';
import type { Holds } from './holds';
import { PictureEncoder } from './picture-encoder';
import { type ClipSize, planSize, type SizePlan } from './size';
import { openSound, type SoundEncoder } from './sound-encoder';

/** Pictures on their way through the encoder: enough for it never to wait, 6 MB of 720x720. */
export const MAX_BACKLOG_PICTURES = 8;

/** Where a clip's pictures and sounds are put together: the end of the walk, in the place of a viewer. */
export class CuttingRoom implements PlayoutSink {
  private readonly encoding: Promise<void>[] = [];
  private waiting: { samples: number; resolve: () => void }[] = [];
  private full = false;
  /** Sound that is in the clip. */
  samples = 0;
  onPicture: () => void = () => {};

  private constructor(
    private readonly partFile: string,
    private readonly encoder: PictureEncoder,
    private readonly sound: SoundEncoder,
    private readonly file: ClipFile,
    private readonly holds: Holds,
    readonly plan: SizePlan,
  ) {}

  /** @throws when the file cannot be made or a codec cannot be opened; nothing is left then */
  static async open(partFile: string, avatar: Avatar, size: ClipSize | undefined, holds: Holds): Promise<CuttingRoom> {
    const { widthPx, heightPx } = avatar;
    const picture = { widthPx, heightPx };
    const format = clipFormatOf(avatar.background === TRANSPARENT);
    let file: ClipFile | undefined;
    const sound = await openSound(format, (packet) => file?.sound(packet));
    let encoder: PictureEncoder | undefined;
    try {
      const plan = planSize(picture, avatar.faceBox(0), size);
      encoder = await PictureEncoder.open(picture, plan, format, (packet) => file?.picture(packet));
      file = await ClipFile.create(partFile, format, encoder, sound);
      return new CuttingRoom(partFile, encoder, sound, file, holds, plan);
    } catch (error) {
      sound.close();
      await encoder?.close();
      await rm(partFile, { force: true });
      throw error;
    }
  }

  get pictures(): number {
    return this.encoder.pictures;
  }

  /** Why it makes no sense to go on, e.g. a full disk. */
  get broken(): unknown {
    return this.file.broken;
  }

  picture(picture: I420Picture, _ptsSamples: number, release?: () => void): void {
    if (this.full) release?.();
    else {
      const encoded = this.encoder.encode(picture);
      this.encoding.push(encoded);
      if (release) void encoded.then(release);
      if (this.encoding.length > MAX_BACKLOG_PICTURES) void this.holds.during(this.encoding.shift()!);
    }
    this.onPicture();
  }

  audio(samples: Float32Array): void {
    if (this.full) return;
    this.sound.encode(samples);
    this.samples += samples.length;
    for (const { samples: wanted, resolve } of this.waiting) if (this.samples >= wanted) resolve();
    this.waiting = this.waiting.filter(({ samples: wanted }) => this.samples < wanted);
  }

  /** Resolves when so much of the clip is there, counted from its beginning. */
  reached(samples: number): Promise<void> {
    if (this.samples >= samples) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ samples, resolve }));
  }

  /** Nothing more comes in: the clip ends with the picture that is complete now. */
  end(): void {
    this.full = true;
  }

  /** Codes what is left and gives the clip its name. @returns its size */
  async finish(out: string): Promise<{ bytes: number; durationSamples: number }> {
    this.full = true;
    await this.encoder.finish();
    this.sound.finish();
    await this.file.finish();
    await this.closeParts();
    const { size: bytes } = await stat(this.partFile);
    await rename(this.partFile, out);
    return { bytes, durationSamples: this.pictures * SAMPLES_PER_PICTURE };
  }

  /** Closes everything; what has not got its name by then is removed. */
  async close(): Promise<void> {
    this.full = true;
    await this.closeParts();
    await rm(this.partFile, { force: true });
  }

  private async closeParts(): Promise<void> {
    await this.encoder.close();
    this.sound.close();
    await this.file.close();
  }
}
