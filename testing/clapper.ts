import type { I420Picture } from '../src/main/server/avatar/avatar';
import type { EncodedPacket, Output } from '../src/main/server/outputs/output';
import { Program } from '../src/main/server/session/program';
import { SAMPLES_PER_FRAME, SAMPLES_PER_PICTURE } from '../src/shared/units';

const SIZE_PX = 64;

/**
 * A program whose time is counted and not waited for. A film clapper: at the chosen pictures, white flashes and a click sounds with
 * their first sample. Everything else is a moving grey and a low hum.
 */
export class Clapper {
  private readonly arrivals = new Arrivals();
  private picture = 0;
  /** Where the session's clock stands, samples. */
  nowSamples = 0;

  private constructor(
    readonly program: Program,
    private readonly clapAt: ReadonlySet<number>,
  ) {}

  static async open({
    codec = 'h264',
    clapAt = [],
  }: {
    codec?: 'h264' | 'vp8';
    clapAt?: number[];
  } = {}): Promise<Clapper> {
    const program = await Program.open({
      videoCodec: codec,
      widthPx: SIZE_PX,
      heightPx: SIZE_PX,
      videoBitrateBps: 300_000,
      audioBitrateBps: 64_000,
      epochMs: Date.UTC(2026, 0, 1),
      onError: (error) => {
        throw error;
      },
    });
    const clapper = new Clapper(program, new Set(clapAt));
    await program.attach(clapper.arrivals);
    return clapper;
  }

  /** Plays so many pictures with their sound; each has left the encoder before the next one comes. */
  async play(pictures: number): Promise<void> {
    for (let i = 0; i < pictures; i++, this.picture++, this.nowSamples += SAMPLES_PER_PICTURE) {
      const clap = this.clapAt.has(this.picture);
      for (let half = 0; half < 2; half++) {
        const at = this.nowSamples + half * SAMPLES_PER_FRAME;
        this.program.audio(sound(at, clap && half === 0), at);
      }
      const arrived = this.arrivals.next();
      this.program.picture(grey(clap ? 235 : 40 + (this.picture % 40)), this.nowSamples);
      await arrived;
    }
  }

  /** The machine slept: time goes on, nothing is sent. */
  skip(samples: number): void {
    this.nowSamples += samples;
  }

  /** Keyframes that came so far. */
  get keyframes(): number {
    return this.arrivals.keyframes;
  }

  close(): Promise<void> {
    return this.program.close();
  }
}

class Arrivals implements Output {
  readonly kind = 'webrtc';
  keyframes = 0;
  private arrived: () => void = () => {};
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.arrived = resolve;
    });
  }
  async start(): Promise<void> {}
  video({ keyframe }: EncodedPacket): void {
    if (keyframe) this.keyframes++;
    this.arrived();
  }
  audio(): void {}
  async close(): Promise<void> {}
}

function grey(luma: number): I420Picture {
  const data = new Uint8Array((SIZE_PX * SIZE_PX * 3) / 2).fill(128);
  data.fill(luma, 0, SIZE_PX * SIZE_PX);
  return { widthPx: SIZE_PX, heightPx: SIZE_PX, data };
}

function sound(fromSamples: number, click: boolean): Float32Array {
  return new Float32Array(SAMPLES_PER_FRAME).map((_, i) => {
    const hum = 0.02 * Math.sin((2 * Math.PI * 110 * (fromSamples + i)) / 48_000);
    return click && i < 240 ? 0.8 * Math.sin((2 * Math.PI * 2_000 * i) / 48_000) : hum;
  });
}
