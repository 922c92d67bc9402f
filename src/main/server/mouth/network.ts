import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { MEL_BANDS, MEL_WINDOW_FRAMES } from '../features/mel';

export const MEL_VALUES = MEL_BANDS * MEL_WINDOW_FRAMES;

/** One picture of a batch: which face it is of, for networks that keep what they know of a face. */
export type FaceKey = object;

/**
 * A lip network with its buffers, which are its own and are used again: fill `mel` and `face`, run, read `out`.
 */
export interface LipNetwork {
  readonly faceSizePx: number;
  readonly maxBatch: number;
  /** `out` holds the picture's rows from here on: 0, or S / 2. */
  readonly firstRow: number;
  /** [B,1,80,16] */
  readonly mel: Float32Array;
  /** [B,6,S,S] */
  readonly face: Float32Array;
  /** [B,3,S-firstRow,S] */
  readonly out: Float32Array;
  run(faces: readonly FaceKey[]): Promise<void>;
  /** The face will not come back. */
  forget(face: FaceKey): void;
  /** What is kept of faces. */
  readonly keptBytes: number;
  release(): Promise<void>;
}

/** The same memory as tensors of every batch size from 1 to the largest. */
export function batchViews(data: Float32Array, shape: readonly number[], maxBatch: number): Tensor[] {
  const each = shape.reduce((a, b) => a * b, 1);
  return Array.from(
    { length: maxBatch },
    (_, i) => new Tensor('float32', data.subarray(0, (i + 1) * each), [i + 1, ...shape]),
  );
}

/** The whole graph, as the peers run it. */
export class FullNetwork implements LipNetwork {
  readonly firstRow = 0;
  readonly keptBytes = 0;
  readonly mel: Float32Array;
  readonly face: Float32Array;
  readonly out: Float32Array;
  private readonly feeds: Record<string, Tensor>[];
  private readonly fetches: Record<string, Tensor>[];

  constructor(
    private readonly session: InferenceSession,
    readonly faceSizePx: number,
    output: string,
    readonly maxBatch: number,
  ) {
    const plane = faceSizePx * faceSizePx;
    this.mel = new Float32Array(maxBatch * MEL_VALUES);
    this.face = new Float32Array(maxBatch * 6 * plane);
    this.out = new Float32Array(maxBatch * 3 * plane);
    const mels = batchViews(this.mel, [1, MEL_BANDS, MEL_WINDOW_FRAMES], maxBatch);
    const faces = batchViews(this.face, [6, faceSizePx, faceSizePx], maxBatch);
    const outs = batchViews(this.out, [3, faceSizePx, faceSizePx], maxBatch);
    this.feeds = mels.map((mel, i) => ({ mel, face: faces[i]! }));
    this.fetches = outs.map((out) => ({ [output]: out }));
  }

  async run(faces: readonly FaceKey[]): Promise<void> {
    await this.session.run(this.feeds[faces.length - 1]!, this.fetches[faces.length - 1]!);
  }

  forget(): void {}

  release(): Promise<void> {
    return this.session.release();
  }
}
