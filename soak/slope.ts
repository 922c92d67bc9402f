export interface Slope {
  /** Per unit of x. */
  slope: number;
  /** Half of the 95 % interval around it. */
  plusMinus: number;
  points: number;
}

/** Student's t for 95 %, two-sided, by degrees of freedom; beyond the table the normal distribution is near enough. */
const T95 = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.1];

/** Least squares with the interval of the slope (independent errors; take means of blocks where neighbours are alike). */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): Slope {
  const n = points.length;
  if (n < 2) return { slope: Number.NaN, plusMinus: Number.POSITIVE_INFINITY, points: n };
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / n;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / n;
  let [xy, xx] = [0, 0];
  for (const [x, y] of points) {
    xy += (x - meanX) * (y - meanY);
    xx += (x - meanX) ** 2;
  }
  const slope = xy / xx;
  if (n === 2) return { slope, plusMinus: Number.POSITIVE_INFINITY, points: n };
  const residual = points.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
  return { slope, plusMinus: (T95[n - 3] ?? 1.96) * Math.sqrt(residual / (n - 2) / xx), points: n };
}

/** Means of neighbours, `size` wide in x. */
export function blockMeans(points: readonly (readonly [x: number, y: number])[], size: number): [number, number][] {
  const blocks = new Map<number, [x: number, y: number, count: number]>();
  for (const [x, y] of points) {
    const key = Math.floor(x / size);
    const block = blocks.get(key) ?? [0, 0, 0];
    blocks.set(key, [block[0] + x, block[1] + y, block[2] + 1]);
  }
  return [...blocks.values()].map(([x, y, count]) => [x / count, y / count]);
}

/** Above the limit with 95 % confidence, below it, or neither: a short run cannot tell. */
export function verdictOf({ slope, plusMinus }: Slope, limit: number): 'ok' | 'broken' | 'cannot tell' {
  if (slope - plusMinus > limit) return 'broken';
  return slope <= limit ? 'ok' : 'cannot tell';
}
