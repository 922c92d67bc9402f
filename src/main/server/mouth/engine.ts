import { basename } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { I420Picture } from '../avatar/avatar';
import { type BoxPatch, FaceCompositor, type PreparedFace } from '../composite/patch';
import { MEL_BANDS, MEL_WINDOW_FRAMES } from '../features/mel';
import { chooseProvider, type Provider } from './providers';

export interface InferredPatch {
  patch: BoxPatch;
  /** Wall clock of the network, and of the pixels before and after it. */
  inferMs: number;
  composeMs: number;
}

const MEL_VALUES = MEL_BANDS * MEL_WINDOW_FRAMES;
/** Larger batches buy nothing on a CPU; with one picture at a time none waits for another. */
const BATCH = 1;
const WARM_UP_RUNS = 12;
const TIMED_RUNS = 8;

/**
 * A loaded lip network and the pixels around it. One picture at a time: tensors and buffers are its own and are reused, and a
 * patch is valid until the next call.
 */
export class LipEngine {
  private readonly mel = new Float32Array(BATCH * MEL_VALUES);
  private readonly face: Float32Array;
  private readonly out: Float32Array;
  private readonly feeds: Record<string, Tensor>;
  private readonly fetches: Record<string, Tensor>;
  private readonly compositor: FaceCompositor;

  private constructor(
    private readonly session: InferenceSession,
    readonly faceSizePx: number,
    readonly provider: Provider,
  ) {
    const plane = faceSizePx * faceSizePx;
    this.face = new Float32Array(BATCH * 6 * plane);
    this.out = new Float32Array(BATCH * 3 * plane);
    this.feeds = {
      mel: new Tensor('float32', this.mel, [BATCH, 1, MEL_BANDS, MEL_WINDOW_FRAMES]),
      face: new Tensor('float32', this.face, [BATCH, 6, faceSizePx, faceSizePx]),
    };
    this.fetches = { out: new Tensor('float32', this.out, [BATCH, 3, faceSizePx, faceSizePx]) };
    this.compositor = new FaceCompositor(faceSizePx);
  }

  /** @throws Error that names the file, when it is no ONNX model or not one of the mouth's contract */
  static async load(modelFile: string): Promise<LipEngine> {
    const provider = chooseProvider();
    const session = await InferenceSession.create(modelFile, {
      executionProviders: [provider.name],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      // A thread that spins while it waits burns a core in silence.
      extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
    });
    const wrong = (what: string) =>
      new Error(
        `${basename(modelFile)} is not a lip model: ${what} (wanted mel [N,1,80,16], face [N,6,S,S] -> out [N,3,S,S])`,
      );
    const shape = (metadata: readonly InferenceSession.ValueMetadata[], name: string) => {
      const found = metadata.find((value) => value.name === name);
      if (!found?.isTensor) throw wrong(`it has no ${name}`);
      return found.shape;
    };
    const [, one, bands, frames] = shape(session.inputMetadata, 'mel');
    const [, six, height, width] = shape(session.inputMetadata, 'face');
    shape(session.outputMetadata, 'out');
    if (one !== 1 || bands !== MEL_BANDS || frames !== MEL_WINDOW_FRAMES) throw wrong('mel has another shape');
    if (six !== 6 || typeof width !== 'number' || width !== height || width % 2 !== 0 || width < 16) {
      throw wrong('face has another shape');
    }
    return new LipEngine(session, width, provider);
  }

  prepare(face: I420Picture): PreparedFace {
    return this.compositor.prepare(face);
  }

  /** @param mel 16 frames of 80 bands, band-major */
  async infer(face: PreparedFace, mel: Float32Array): Promise<InferredPatch> {
    if (mel.length !== MEL_VALUES) throw new RangeError(`mel window of ${mel.length} values`);
    const started = performance.now();
    this.mel.set(mel);
    this.compositor.fill(face, this.face, 0);
    const filled = performance.now();
    await this.session.run(this.feeds, this.fetches);
    const ran = performance.now();
    const patch = this.compositor.compose(face, this.face, 0, this.out, 0);
    return { patch, inferMs: ran - filled, composeMs: filled - started + performance.now() - ran };
  }

  /** Runs until the caches are warm, then resolves with the CPU-ms of one picture of a common size. */
  async warmUp(): Promise<number> {
    const sizePx = 352;
    // Textured and loud: a grey face in silence would come back unchanged, and the blend would be met cold by the first word.
    const data = Uint8Array.from({ length: sizePx * sizePx * 1.5 }, (_, i) => 96 + ((i * 31) & 63));
    const sound = Float32Array.from({ length: MEL_VALUES }, (_, i) => 2 * Math.sin(i / 7));
    let face = this.prepare({ widthPx: sizePx, heightPx: sizePx, data });
    for (let run = 0; run < WARM_UP_RUNS; run++) {
      face = this.prepare({ widthPx: sizePx, heightPx: sizePx, data });
      await this.infer(face, sound);
    }
    const before = process.cpuUsage();
    for (let run = 0; run < TIMED_RUNS; run++) await this.infer(face, sound);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000 / TIMED_RUNS;
  }
}
