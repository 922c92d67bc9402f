import type { Wav2Lip } from './wav2lip';

/** Rows of one decoder block's output, counted in the whole picture at that block's size. */
export interface BlockRows {
  /** The first row that is computed. */
  startsAt: number;
  /** The first row that is right and goes on; the rows between were computed next to an edge that is not there. */
  keepFrom: number;
}

export interface RowPlan {
  blocks: readonly BlockRows[];
  /** Rows to cut from the last layer's output. */
  outputCut: number;
}

/**
 * Which rows each decoder block must compute so that the picture's rows from `firstRow` on are exact. Walking down: a 3x3
 * convolution needs one more row above, so a block needs one for each of its residual layers; a doubling layer makes row r from
 * row r / 2, exactly when r is even. Rows above are then cut before they are joined with the face's.
 */
export function planRows({ layout }: Wav2Lip, firstRow: number): RowPlan {
  const { decoder } = layout;
  const blocks: BlockRows[] = decoder.map(() => ({ startsAt: 0, keepFrom: 0 }));
  if (firstRow === 0) return { blocks, outputCut: 0 };
  const last = decoder.length - 1;
  blocks[last]!.keepFrom = firstRow - 1; // the output block's 3x3 convolution
  for (let block = last; block > 0 && layout.decoder[block]![0]!.stride[0] === 2; block--) {
    const residuals = decoder[block]!.length - 1;
    const below = Math.floor((blocks[block]!.keepFrom - residuals) / 2);
    // With a row or none to save, the whole map costs as little as the cut.
    if (below <= 1) break;
    blocks[block]!.startsAt = 2 * below;
    blocks[block - 1]!.keepFrom = below;
  }
  return { blocks, outputCut: firstRow - blocks[last]!.keepFrom };
}
