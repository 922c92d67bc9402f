import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** Raised whenever the converter writes other graphs, so that old folders are converted anew. */
export const MODEL_INFO_VERSION = 2;

const bytes = z.int().nonnegative();
const graphFile = z.strictObject({ file: z.string().regex(/^[\w-]+\.onnx$/), sizeBytes: bytes });

/** Between the lower halves of `full` and of another graph on the check's inputs. `holds`: within the tolerance. */
const selfCheck = z.strictObject({
  maxDifference: z.number(),
  meanDifference: z.number(),
  tolerance: z.number(),
  holds: z.boolean(),
});

/**
 * `model.json`, which stands beside the graphs that it describes and is written last. All graphs take float32 and any batch N.
 */
export const modelInfoSchema = z.strictObject({
  version: z.literal(MODEL_INFO_VERSION),
  /** A Wav2Lip network, or a ready-made ONNX file of which only the contract is known. */
  variant: z.enum(['96', '256', '384', 'onnx']),
  faceSizePx: z.int().positive(),
  /** As PyTorch counts them, of the layers that are used; null for a ready-made ONNX file. */
  parameters: z.int().positive().nullable(),
  /** The mel window of a picture starts so long after it (negative: before); Wav2Lip was trained on [t - 40, t + 160] ms. */
  windowStartMs: z.number(),
  source: z.strictObject({ name: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/), sizeBytes: bytes }),
  /** `mel [N,1,80,16]`, `face [N,6,S,S]` -> `output [N,3,S,S]`. */
  full: graphFile.extend({ output: z.string() }),
  /**
   * The same network cut in two: `face` -> the kept tensors, once per avatar picture; `mel` and the kept tensors -> `out
   * [N,3,S-firstRow,S]`, the picture's rows from firstRow on.
   */
  fast: z
    .strictObject({
      face: graphFile,
      mouth: graphFile,
      firstRow: z.int().positive(),
      /** Names in both graphs; channels, rows, columns. */
      kept: z.array(z.strictObject({ name: z.string(), shape: z.tuple([z.int(), z.int(), z.int()]) })),
      selfCheck,
      /** `mouth` once more, in the layers that a CPU draws fastest (quick-layers.ts), and compared with `full` in the same way. */
      quick: graphFile.extend({ selfCheck }),
    })
    .nullable(),
});

export type ModelInfo = z.infer<typeof modelInfoSchema>;
export type SelfCheck = z.infer<typeof selfCheck>;

/** A converted model on disk. */
export interface ConvertedModel {
  /** The folder with model.json and the graphs. */
  folder: string;
  info: ModelInfo;
}

/** What a folder holds, or undefined unless it is whole: a description of this version, and every graph in full length. */
export function readModelInfo(folder: string): ModelInfo | undefined {
  try {
    const info = modelInfoSchema.parse(JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')));
    const graphs = [info.full, ...(info.fast ? [info.fast.face, info.fast.mouth, info.fast.quick] : [])];
    const whole = graphs.every(({ file, sizeBytes }) => statSync(join(folder, file)).size === sizeBytes);
    return whole ? info : undefined;
  } catch {
    return undefined; // absent, half written or of another version: it is made again
  }
}
