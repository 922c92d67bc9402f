/** A straight line by least squares, and how far its slope may be off. */
export interface Slope {
  /** Of the values, per block. */
  perBlock: number;
  /** Standard error of that. */
  error: number;
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/**
 * Through the means of blocks of samples rather than the samples: neighbours in time (between two garbage collections, say) are far
 * from independent, and an error that took them as such would be many times too small.
 */
export function slopeOfBlocks(samples: readonly number[], samplesPerBlock: number): Slope {
  const blocks: number[] = [];
  for (let i = 0; i + samplesPerBlock <= samples.length; i += samplesPerBlock) {
    blocks.push(mean(samples.slice(i, i + samplesPerBlock)));
  }
  if (blocks.length < 3) return { perBlock: Number.NaN, error: Number.NaN };
  const middle = (blocks.length - 1) / 2;
  const height = mean(blocks);
  const squares = blocks.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  const perBlock = blocks.reduce((sum, value, i) => sum + (i - middle) * (value - height), 0) / squares;
  const misses = blocks.reduce((sum, value, i) => sum + (value - height - perBlock * (i - middle)) ** 2, 0);
  return { perBlock, error: Math.sqrt(misses / (blocks.length - 2) / squares) };
}
