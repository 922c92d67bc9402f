import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { SelfCheck } from './model-info';

const MEL_SHAPE = [1, 1, 80, 16] as const;
/** float32 over sixty layers: the parity of either graph with PyTorch is judged by the same figure. */
const TOLERANCE = 2e-4;

/** One thread: a server may be talking beside this. @throws when ONNX Runtime cannot use the file */
export function openSession(model: string | Uint8Array): Promise<InferenceSession> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4, // errors are thrown; printed as well they would be shown twice
  };
  return typeof model === 'string' ? InferenceSession.create(model, options) : InferenceSession.create(model, options);
}

/** A face and a sound that are the same on every machine: coarse cells with fine noise, so that deep layers have work. */
export function checkInputs(faceSizePx: number): { mel: Tensor; face: Tensor } {
  const random = lcg(1);
  const mel = Float32Array.from({ length: 80 * 16 }, () => 8 * random() - 4);
  const plane = faceSizePx * faceSizePx;
  const face = new Float32Array(6 * plane);
  const cells = Float32Array.from({ length: 3 * 16 * 16 }, random);
  for (let c = 0, i = 0; c < 3; c++) {
    for (let y = 0; y < faceSizePx; y++) {
      for (let x = 0; x < faceSizePx; x++, i++) {
        const cell = (c * 16 + Math.floor((16 * y) / faceSizePx)) * 16 + Math.floor((16 * x) / faceSizePx);
        face[3 * plane + i] = 0.75 * cells[cell]! + 0.25 * random();
        if (2 * y < faceSizePx) face[i] = face[3 * plane + i]!;
      }
    }
  }
  return {
    mel: new Tensor('float32', mel, [...MEL_SHAPE]),
    face: new Tensor('float32', face, [1, 6, faceSizePx, faceSizePx]),
  };
}

/** Runs a graph once and closes it. */
export async function runOnce(model: string, feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  const session = await openSession(model);
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/**
 * The largest difference between the full graph's lower half and what the fast graphs make of the same input: with the plain mouth,
 * and with the quick one.
 * @throws RangeError when a graph gives numbers that are not finite
 */
export async function compareFastWithFull(folder: string, faceSizePx: number): Promise<[SelfCheck, SelfCheck]> {
  const { mel, face } = checkInputs(faceSizePx);
  const full = await runOnce(join(folder, 'full.onnx'), { mel, face });
  const kept = await runOnce(join(folder, 'fast-face.onnx'), { face });
  const whole = full.out!.data as Float32Array;
  const check = async (mouth: string) => {
    const { out } = await runOnce(join(folder, mouth), { mel, ...kept });
    return compareLowerHalf(whole, out!.data as Float32Array, faceSizePx);
  };
  return [await check('fast-mouth.onnx'), await check('fast-mouth-quick.onnx')];
}

function compareLowerHalf(whole: Float32Array, lower: Float32Array, faceSizePx: number): SelfCheck {
  const half = (faceSizePx * faceSizePx) / 2;
  let [max, sum] = [0, 0];
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < half; i++) {
      const difference = Math.abs(whole[(2 * c + 1) * half + i]! - lower[c * half + i]!);
      if (!Number.isFinite(difference)) throw new RangeError('it gives numbers that are not finite');
      if (difference > max) max = difference;
      sum += difference;
    }
  }
  return { maxDifference: max, meanDifference: sum / (3 * half), tolerance: TOLERANCE, holds: max <= TOLERANCE };
}

/** Numbers in [0, 1) (Numerical Recipes' constants). */
function lcg(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
