import type { Taps } from './resample';

/**
 * The inner loops of composing, one row at a time: the vertical half of scaling up, the sum and the rounding in one pass.
 * Rows of `changeRows` and `ghostRows` are as wide as the row written.
 */
export function blendLumaRow(
  patch: Uint8Array,
  at: number,
  original: Uint8Array,
  detail: Int8Array,
  from: number,
  width: number,
  changeRows: Float32Array,
  changeTaps: Taps,
  ghostRows: Float32Array,
  ghostTaps: Taps,
  row: number,
): void {
  const { weights, count } = changeTaps;
  if (count !== 4 || ghostTaps.count !== 2) throw new RangeError('blend: luma wants cubic and linear taps');
  const w = 4 * row;
  const w0 = weights[w]!;
  const w1 = weights[w + 1]!;
  const w2 = weights[w + 2]!;
  const w3 = weights[w + 3]!;
  let c0 = changeTaps.first[row]! * width;
  let c1 = c0 + width;
  let c2 = c1 + width;
  let c3 = c2 + width;
  const v0 = ghostTaps.weights[2 * row]!;
  const v1 = ghostTaps.weights[2 * row + 1]!;
  let g0 = ghostTaps.first[row]! * width;
  let g1 = g0 + width;
  for (let end = at + width; at < end; at++, from++) {
    const change = w0 * changeRows[c0++]! + w1 * changeRows[c1++]! + w2 * changeRows[c2++]! + w3 * changeRows[c3++]!;
    const ghost = v0 * ghostRows[g0++]! + v1 * ghostRows[g1++]!;
    const value = original[from]! + change - ghost * detail[from]! + 0.5;
    patch[at] = value < 0 ? 0 : value > 255 ? 255 : value;
  }
}

export function blendChromaRow(
  patch: Uint8Array,
  at: number,
  original: Uint8Array,
  from: number,
  width: number,
  changeRows: Float32Array,
  changeTaps: Taps,
  row: number,
): void {
  if (changeTaps.count !== 2) throw new RangeError('blend: chroma wants linear taps');
  const w0 = changeTaps.weights[2 * row]!;
  const w1 = changeTaps.weights[2 * row + 1]!;
  let c0 = changeTaps.first[row]! * width;
  let c1 = c0 + width;
  for (let end = at + width; at < end; at++, from++) {
    const value = original[from]! + w0 * changeRows[c0++]! + w1 * changeRows[c1++]! + 0.5;
    patch[at] = value < 0 ? 0 : value > 255 ? 255 : value;
  }
}
