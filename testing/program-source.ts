import type { VideoCodec } from '../src/main/server/encode/video';
import { Program } from '../src/main/server/session/program';
import { SAMPLES_PER_FRAME, SAMPLES_PER_PICTURE } from '../src/shared/units';

const SIZE_PX = 64;
const FRAME_MS = 20;

/** A running program of a small grey picture and silence, really encoded, without a session around it. */
export class ProgramSource {
  private ptsSamples = 0;
  private readonly timer: NodeJS.Timeout;

  private constructor(readonly program: Program) {
    const data = new Uint8Array((SIZE_PX * SIZE_PX * 3) / 2).fill(90);
    const picture = { widthPx: SIZE_PX, heightPx: SIZE_PX, data };
    const silence = new Float32Array(SAMPLES_PER_FRAME);
    this.timer = setInterval(() => {
      if (this.ptsSamples % SAMPLES_PER_PICTURE === 0) program.picture(picture, this.ptsSamples);
      program.audio(silence, this.ptsSamples);
      this.ptsSamples += SAMPLES_PER_FRAME;
    }, FRAME_MS);
  }

  static async open(videoCodec: VideoCodec): Promise<ProgramSource> {
    const program = await Program.open({
      videoCodec,
      widthPx: SIZE_PX,
      heightPx: SIZE_PX,
      videoBitrateBps: 300_000,
      audioBitrateBps: 64_000,
      epochMs: Date.now(),
      onError: (error) => {
        throw error;
      },
    });
    return new ProgramSource(program);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.program.close();
  }
}
