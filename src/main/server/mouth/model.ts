import { readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { say } from '../../../shared/told';
import type { ConvertedModel } from './weights/model-info';

/** DESIGN's window, [t - 40, t + 160] ms, on the 12.5 ms grid of mel frames. */
const DEFAULT_WINDOW_START_MS = -37.5;

/** What is computed once per avatar picture and fed to every mouth: channels, rows, columns. */
export interface KeptShape {
  name: string;
  shape: readonly [number, number, number];
}

/** The network cut in two: the face once per avatar picture, then its lower half for every sound. */
export interface FastGraphs {
  faceFile: string;
  mouthFile: string;
  /** The same in the layers that a CPU draws fastest, where it was found to draw the same. */
  quickFile?: string;
  /** The first row that is drawn, S / 2. */
  firstRow: number;
  kept: readonly KeptShape[];
}

export interface LipModel {
  /** The whole network: `mel [N,1,80,16]`, `face [N,6,S,S]` -> `output [N,3,S,S]`. */
  file: string;
  /** Of `file`; `out` where it is not said. */
  output?: string;
  name: string;
  windowStartMs: number;
  /** What to do when it cannot be loaded. */
  remedy?: string;
  fast?: FastGraphs;
  /** Why there is no `fast` where one would expect it. */
  withoutFast?: string;
}

/**
 * A network and what its settings file beside it (`lip-mini.json` for `lip-mini.onnx`) says; without one, the defaults hold.
 * @throws Error that names the settings file when it is broken
 */
export function describeModel(file: string): LipModel {
  const settingsFile = file.replace(/\.onnx$/, '.json');
  let windowStartMs: unknown = DEFAULT_WINDOW_START_MS;
  try {
    windowStartMs = JSON.parse(readFileSync(settingsFile, 'utf8')).windowStartMs ?? DEFAULT_WINDOW_START_MS;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new Error(`${settingsFile} cannot be read (${(error as Error).message}). Restore it or remove it.`);
    }
  }
  if (typeof windowStartMs !== 'number' || Math.abs(windowStartMs) > 1_000) {
    throw new Error(`${settingsFile}: windowStartMs must be a number of milliseconds. Restore the file or remove it.`);
  }
  return { file, name: basename(file, '.onnx'), windowStartMs };
}

/** A converted model; its fast graphs are offered only where they were found to draw what the whole one draws. */
export function describeConverted({ folder, info }: ConvertedModel): LipModel {
  const { source, windowStartMs, full, fast } = info;
  const name = basename(source.name, extname(source.name));
  const remedy = `Remove ${folder}, so that it is made again.`;
  const model: LipModel = { file: join(folder, full.file), output: full.output, name, windowStartMs, remedy };
  if (!fast) return { ...model, withoutFast: say('mouth.noFaceGraph') };
  const { holds, maxDifference, tolerance } = fast.selfCheck;
  if (!holds) {
    const figures = { difference: maxDifference.toExponential(1), tolerance: tolerance.toExponential(1) };
    return { ...model, withoutFast: say('mouth.fastDiffers', figures) };
  }
  const { face, mouth, quick, firstRow, kept } = fast;
  const at = (file: string) => join(folder, file);
  const quickFile = quick.selfCheck.holds ? { quickFile: at(quick.file) } : {};
  return { ...model, fast: { faceFile: at(face.file), mouthFile: at(mouth.file), ...quickFile, firstRow, kept } };
}
