import { type LipNetwork, MEL_VALUES } from './network';
import { checkInputs } from './weights/self-check';

const TIMED_RUNS = 6;
const TIME_LIMIT_MS = 1_500;

/** Fills the first picture of a network with the check's sound and face. */
function fillCheck(network: LipNetwork): void {
  const { mel, face } = checkInputs(network.faceSizePx);
  network.mel.set((mel.data as Float32Array).subarray(0, MEL_VALUES));
  network.face.set(face.data as Float32Array);
}

/** The lower half that a network makes of the check's face and sound: three planes, the same rows whatever the network. */
export async function drawCheck(network: LipNetwork): Promise<Float32Array> {
  const face = {};
  fillCheck(network);
  await network.run([face]);
  network.forget(face);
  const { faceSizePx: size, firstRow, out } = network;
  const half = (size * size) / 2;
  const plane = (size - firstRow) * size;
  const lower = new Float32Array(3 * half);
  for (let c = 0; c < 3; c++) lower.set(out.subarray((c + 1) * plane - half, (c + 1) * plane), c * half);
  return lower;
}

export interface Difference {
  /** NaN where a picture holds numbers that are not. */
  max: number;
  mean: number;
  /** Peak signal to noise of the second against the first, both in [0, 1]. */
  psnrDb: number;
}

export function differenceOf(a: Float32Array, b: Float32Array): Difference {
  let [max, sum, squares] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= max)) max = difference; // NaN too
    sum += difference;
    squares += difference * difference;
  }
  return { max, mean: sum / a.length, psnrDb: -10 * Math.log10(squares / a.length) };
}

export interface PictureTime {
  wallMs: number;
  /** Of all threads of this process. On one thread it is the wall clock of a machine that does nothing else. */
  cpuMs: number;
}

/** One picture of a known face, after warm-up: the best of some, since other programs only ever add. */
export async function timeNetwork(network: LipNetwork): Promise<PictureTime> {
  const face = {};
  fillCheck(network);
  await network.run([face]);
  const best: PictureTime = { wallMs: Number.POSITIVE_INFINITY, cpuMs: Number.POSITIVE_INFINITY };
  const started = performance.now();
  for (let run = 0; run < TIMED_RUNS && (run === 0 || performance.now() - started < TIME_LIMIT_MS); run++) {
    const before = performance.now();
    const cpuBefore = process.cpuUsage();
    await network.run([face]);
    const { user, system } = process.cpuUsage(cpuBefore);
    best.wallMs = Math.min(best.wallMs, performance.now() - before);
    best.cpuMs = Math.min(best.cpuMs, (user + system) / 1_000);
  }
  network.forget(face);
  return best;
}
