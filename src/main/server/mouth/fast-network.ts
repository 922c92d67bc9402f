import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { MEL_BANDS, MEL_WINDOW_FRAMES } from '../features/mel';
import { FeatureCache } from './feature-cache';
import { type KeptCodec, plainCodec, type StoredTensor } from './kept-codec';
import type { FastGraphs } from './model';
import { batchViews, type FaceKey, type LipNetwork, MEL_VALUES } from './network';

/**
 * The network in two parts: a face is run through its encoder once, and every mouth through the lower half of the decoder. Its
 * pictures are the whole graph's, up to the last bits of float32 (and of the codec).
 */
export class FastNetwork implements LipNetwork {
  readonly firstRow: number;
  readonly mel: Float32Array;
  readonly face: Float32Array;
  readonly out: Float32Array;
  private readonly mels: Tensor[];
  private readonly oneFace: Tensor[];
  private readonly faceOutputs: Record<string, Tensor>;
  private readonly fetches: Record<string, Tensor>[];
  /** Of each kept tensor: its batch, and how many values one picture has. */
  private readonly inputs: { name: string; values: number; data: Float32Array | Uint8Array; views: Tensor[] }[] = [];
  private readonly cache: FeatureCache;
  private codec: KeptCodec;

  constructor(
    private readonly sessions: { face: InferenceSession; mouth: InferenceSession },
    private readonly graphs: FastGraphs,
    readonly faceSizePx: number,
    readonly maxBatch: number,
    { featureBytes, codec = plainCodec }: { featureBytes: number; codec?: KeptCodec },
  ) {
    const { firstRow } = graphs;
    this.firstRow = firstRow;
    this.cache = new FeatureCache(featureBytes);
    this.codec = codec;
    const plane = faceSizePx * faceSizePx;
    const rows = faceSizePx - firstRow;
    this.mel = new Float32Array(maxBatch * MEL_VALUES);
    this.face = new Float32Array(maxBatch * 6 * plane);
    this.out = new Float32Array(maxBatch * 3 * rows * faceSizePx);
    this.mels = batchViews(this.mel, [1, MEL_BANDS, MEL_WINDOW_FRAMES], maxBatch);
    this.oneFace = Array.from({ length: maxBatch }, (_, i) => {
      return new Tensor('float32', this.face.subarray(i * 6 * plane, (i + 1) * 6 * plane), [
        1,
        6,
        faceSizePx,
        faceSizePx,
      ]);
    });
    this.fetches = batchViews(this.out, [3, rows, faceSizePx], maxBatch).map((out) => ({ out }));
    this.faceOutputs = {};
    for (const { name, shape } of graphs.kept) {
      const values = shape[0] * shape[1] * shape[2];
      this.faceOutputs[name] = new Tensor('float32', new Float32Array(values), [1, ...shape]);
      const data =
        codec.tensorType === 'uint8' ? new Uint8Array(maxBatch * values) : new Float32Array(maxBatch * values);
      const views = Array.from({ length: maxBatch }, (_, i) => {
        return new Tensor(codec.tensorType, data.subarray(0, (i + 1) * values), [i + 1, ...shape]);
      });
      this.inputs.push({ name, values, data, views });
    }
  }

  get keptBytes(): number {
    return this.cache.bytes;
  }

  get keptBits(): 8 | 16 | 32 {
    return this.codec.bits;
  }

  /** Faces from now on are kept so; those that are kept already must have been forgotten. */
  useCodec(codec: KeptCodec): void {
    if (codec.tensorType !== this.codec.tensorType || this.cache.bytes > 0) throw new Error('the codec is in use');
    this.codec = codec;
  }

  async run(faces: readonly FaceKey[]): Promise<void> {
    const n = faces.length;
    for (const [i, face] of faces.entries()) {
      const stored = this.cache.get(face) ?? (await this.encodeFace(face, i));
      for (const [tensor, { data, values }] of this.inputs.entries()) {
        this.codec.decode(stored[tensor]!, tensor, data, i * values);
      }
    }
    const feeds: Record<string, Tensor> = { mel: this.mels[n - 1]! };
    for (const { name, views } of this.inputs) feeds[name] = views[n - 1]!;
    await this.sessions.mouth.run(feeds, this.fetches[n - 1]!);
  }

  forget(face: FaceKey): void {
    this.cache.delete(face);
  }

  async release(): Promise<void> {
    await Promise.all([this.sessions.face.release(), this.sessions.mouth.release()]);
  }

  private async encodeFace(face: FaceKey, at: number): Promise<StoredTensor[]> {
    await this.sessions.face.run({ face: this.oneFace[at]! }, this.faceOutputs);
    const stored = this.graphs.kept.map(({ name }, tensor) =>
      this.codec.encode(this.faceOutputs[name]!.data as Float32Array, tensor),
    );
    this.cache.put(face, stored);
    return stored;
  }
}
