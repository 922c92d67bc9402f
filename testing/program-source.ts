import { randomBytes } from 'node:crypto';
import type { VideoCodec } from '../src/main/server/encode/video';
import { Program } from '../src/main/server/session/program';
import { SAMPLES_PER_FRAME, SAMPLES_PER_PICTURE } from '../src/shared/units';

const FRAME_MS = 20;

export interface ProgramPicture {
  widthPx: number;
  heightPx: number;
  bitrateBps: number;
  /** Every picture is another noise, so that the encoder uses all its bits; otherwise all are the same grey. */
  noisy: boolean;
}

const SMALL: ProgramPicture = { widthPx: 64, heightPx: 64, bitrateBps: 300_000, noisy: false };

/** A running program of a small picture and silence, really encoded, without a session around it. */
export class ProgramSource {
  private ptsSamples = 0;
  private readonly timer: NodeJS.Timeout;

  private constructor(
    readonly program: Program,
    { widthPx, heightPx, noisy }: ProgramPicture,
  ) {
    const bytes = (widthPx * heightPx * 3) / 2;
    const grey = new Uint8Array(bytes).fill(90);
    const silence = new Float32Array(SAMPLES_PER_FRAME);
    this.timer = setInterval(() => {
      if (this.ptsSamples % SAMPLES_PER_PICTURE === 0) {
        const data = noisy ? new Uint8Array(randomBytes(bytes)) : grey;
        program.picture({ widthPx, heightPx, data }, this.ptsSamples);
      }
      program.audio(silence, this.ptsSamples);
      this.ptsSamples += SAMPLES_PER_FRAME;
    }, FRAME_MS);
  }

  static async open(videoCodec: VideoCodec, picture = SMALL): Promise<ProgramSource> {
    const program = await Program.open({
      videoCodec,
      widthPx: picture.widthPx,
      heightPx: picture.heightPx,
      videoBitrateBps: picture.bitrateBps,
      audioBitrateBps: 64_000,
      epochMs: Date.now(),
      onError: (error) => {
        throw error;
      },
    });
    return new ProgramSource(program, picture);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.program.close();
  }
}
