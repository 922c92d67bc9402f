/**
 * One dimension of a separable resampling, worked out once: output i is the sum over t of weights[i * count + t] *
 * source[first[i] + t]. Taps beyond the edges are folded onto the edge sample, so the inner loops need no bounds.
 */
export interface Taps {
  first: Int32Array;
  weights: Float32Array;
  count: number;
}

/** Position, in source samples from the left edge of the first one, of an output sample's left edge and right edge. */
type Span = (output: number) => [from: number, to: number];

/**
 * Shrinks by area (each output is the mean of what it covers), so that nothing aliases; where an output covers less than one
 * source sample, between two samples it interpolates instead.
 */
export function areaTaps(source: number, outputs: number, span: Span): Taps {
  return buildTaps(source, outputs, (output) => {
    const [from, to] = span(output);
    if (to - from < 1) return linear((from + to) / 2);
    const taps: [number, number][] = [];
    for (let i = Math.floor(from); i < to; i++) {
      const covered = Math.min(i + 1, to) - Math.max(i, from);
      if (covered > 0) taps.push([i, covered / (to - from)]);
    }
    return taps;
  });
}

/** Between two samples, by their distance. `centre` is in source samples, sample i being centred on i + 0.5. */
export function linearTaps(source: number, outputs: number, centre: (output: number) => number): Taps {
  return buildTaps(source, outputs, (output) => linear(centre(output)));
}

/** Catmull and Rom's cubic (1974): passes through the samples and keeps edges crisper than linear interpolation. */
export function cubicTaps(source: number, outputs: number, centre: (output: number) => number): Taps {
  return buildTaps(source, outputs, (output) => {
    const at = centre(output) - 0.5;
    const left = Math.floor(at);
    const t = at - left;
    return [
      [left - 1, ((-0.5 * t + 1) * t - 0.5) * t],
      [left, (1.5 * t - 2.5) * t * t + 1],
      [left + 1, ((-1.5 * t + 2) * t + 0.5) * t],
      [left + 2, (0.5 * t - 0.5) * t * t],
    ];
  });
}

function linear(centre: number): [number, number][] {
  const left = Math.floor(centre - 0.5);
  const t = centre - 0.5 - left;
  return [
    [left, 1 - t],
    [left + 1, t],
  ];
}

function buildTaps(source: number, outputs: number, tapsOf: (output: number) => [number, number][]): Taps {
  const all = Array.from({ length: outputs }, (_, output) => {
    const folded = new Map<number, number>();
    for (const [at, weight] of tapsOf(output)) {
      const inside = Math.min(source - 1, Math.max(0, at));
      folded.set(inside, (folded.get(inside) ?? 0) + weight);
    }
    return folded;
  });
  const count = Math.min(
    source,
    Math.max(...all.map((taps) => Math.max(...taps.keys()) - Math.min(...taps.keys()) + 1)),
  );
  const first = new Int32Array(outputs);
  const weights = new Float32Array(outputs * count);
  all.forEach((taps, output) => {
    first[output] = Math.min(Math.min(...taps.keys()), source - count);
    for (const [at, weight] of taps) weights[output * count + at - first[output]!]! += weight;
  });
  return { first, weights, count };
}

/**
 * Resamples rows of `stride` values to outputs [from, to): out[row * (to - from) + i]. Two and four taps have loops of their
 * own, since these run for every spoken picture.
 */
export function resampleRows(
  source: Float32Array | Uint8Array,
  stride: number,
  rows: number,
  taps: Taps,
  from: number,
  to: number,
  out: Float32Array,
): void {
  const { first, weights, count } = taps;
  const width = to - from;
  for (let row = 0; row < rows; row++) {
    const start = row * stride;
    let put = row * width;
    if (count === 2) {
      for (let i = from; i < to; i++, put++) {
        const at = start + first[i]!;
        const w = 2 * i;
        out[put] = weights[w]! * source[at]! + weights[w + 1]! * source[at + 1]!;
      }
    } else if (count === 4) {
      for (let i = from; i < to; i++, put++) {
        const at = start + first[i]!;
        const w = 4 * i;
        out[put] =
          weights[w]! * source[at]! +
          weights[w + 1]! * source[at + 1]! +
          weights[w + 2]! * source[at + 2]! +
          weights[w + 3]! * source[at + 3]!;
      }
    } else {
      for (let i = from; i < to; i++, put++) {
        const at = start + first[i]!;
        let sum = 0;
        for (let t = 0; t < count; t++) sum += weights[i * count + t]! * source[at + t]!;
        out[put] = sum;
      }
    }
  }
}

/** One output row of the vertical pass over rows of `width`, into out[0..width). */
export function resampleColumn(rows: Float32Array, width: number, taps: Taps, output: number, out: Float32Array): void {
  const { first, weights, count } = taps;
  for (let t = 0; t < count; t++) {
    const at = (first[output]! + t) * width;
    const weight = weights[output * count + t]!;
    if (t === 0) for (let x = 0; x < width; x++) out[x] = weight * rows[at + x]!;
    else for (let x = 0; x < width; x++) out[x]! += weight * rows[at + x]!;
  }
}
