import type { Box } from '../avatar/avatar';
import { areaTaps, cubicTaps, linearTaps, type Taps } from './resample';

/**
 * Where a changed mouth may show, as shares of the face box. The sides and the bottom fade out inside the box, and the top
 * begins at the half line, above which the network changes nothing.
 */
const SIDE_CLEAR = 0.03;
const SIDE_FULL = 0.14;
const TOP_FULL = 0.56;
const BOTTOM_FULL = 0.955;
const BOTTOM_CLEAR = 0.995;

/** Where lips and teeth are, and jaw and chin are not: only there is new content sharpened. */
const MOUTH_SIDE: [number, number] = [0.24, 0.34];
const MOUTH_BOTTOM: [number, number] = [0.78, 0.86];

/** Everything that depends only on the network's size and the box's: computed once per box size. */
export interface CompositePlan {
  faceSizePx: number;
  boxWidthPx: number;
  boxHeightPx: number;
  /** What a patch covers, relative to the box; even. */
  region: Box;
  /** Box -> network. */
  shrink: { lumaX: Taps; lumaY: Taps; chromaX: Taps; chromaY: Taps };
  /** Lower half of the network's picture -> region. `soft` is the linear one, for weights that must not overshoot. */
  grow: { lumaX: Taps; lumaY: Taps; softX: Taps; softY: Taps; chromaX: Taps; chromaY: Taps };
  /** Mask of the network's columns, and of the rows of its lower half: zero at the outermost, product of both. */
  maskX: Float32Array;
  maskY: Float32Array;
  /** The same for the lips alone. */
  mouthX: Float32Array;
  mouthY: Float32Array;
}

/** 0 below `from`, 1 above `to`, smooth between (Hermite). */
export function smoothstep(from: number, to: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return t * t * (3 - 2 * t);
}

const even = (value: number) => 2 * Math.round(value / 2);

export function makePlan(faceSizePx: number, boxWidthPx: number, boxHeightPx: number): CompositePlan {
  const size = faceSizePx;
  const half = size / 2;
  const region: Box = {
    xPx: even(SIDE_CLEAR * boxWidthPx),
    yPx: even(boxHeightPx / 2),
    widthPx: boxWidthPx - 2 * even(SIDE_CLEAR * boxWidthPx),
    heightPx: even(BOTTOM_CLEAR * boxHeightPx) - even(boxHeightPx / 2),
  };
  const scaleX = boxWidthPx / size;
  const scaleY = boxHeightPx / size;
  // H.264's usual chroma lies on the left luma column of its pair (so 0.25 of a chroma sample off), and midway between two rows.
  const chromaX = (luma: number) => luma / 2 + 0.25;
  const chromaY = (luma: number) => luma / 2;
  // Centre of a region's luma or chroma sample, in the network's columns and in the rows of its lower half.
  const lumaXOf = (x: number) => (region.xPx + x + 0.5) / scaleX;
  const lumaYOf = (y: number) => (region.yPx + y + 0.5) / scaleY - half;
  const chromaXOf = (x: number) => (region.xPx + 2 * x + 0.5) / scaleX;
  const chromaYOf = (y: number) => (region.yPx + 2 * y + 1) / scaleY - half;
  const { widthPx: w, heightPx: h } = region;
  return {
    faceSizePx,
    boxWidthPx,
    boxHeightPx,
    region,
    shrink: {
      lumaX: areaTaps(boxWidthPx, size, (i) => [i * scaleX, (i + 1) * scaleX]),
      lumaY: areaTaps(boxHeightPx, size, (i) => [i * scaleY, (i + 1) * scaleY]),
      chromaX: areaTaps(boxWidthPx / 2, size, (i) => [chromaX(i * scaleX), chromaX((i + 1) * scaleX)]),
      chromaY: areaTaps(boxHeightPx / 2, size, (i) => [chromaY(i * scaleY), chromaY((i + 1) * scaleY)]),
    },
    grow: {
      lumaX: cubicTaps(size, w, lumaXOf),
      lumaY: cubicTaps(half, h, lumaYOf),
      softX: linearTaps(size, w, lumaXOf),
      softY: linearTaps(half, h, lumaYOf),
      chromaX: linearTaps(size, w / 2, chromaXOf),
      chromaY: linearTaps(half, h / 2, chromaYOf),
    },
    maskX: Float32Array.from({ length: size }, (_, i) => {
      const share = Math.min(i, size - 1 - i) / size;
      return smoothstep(SIDE_CLEAR, SIDE_FULL, share);
    }),
    maskY: Float32Array.from({ length: half }, (_, i) => {
      const share = 0.5 + i / size;
      return smoothstep(0.5, TOP_FULL, share) * (1 - smoothstep(BOTTOM_FULL, BOTTOM_CLEAR, share + 1 / size));
    }),
    mouthX: Float32Array.from({ length: size }, (_, i) => smoothstep(...MOUTH_SIDE, Math.min(i, size - 1 - i) / size)),
    mouthY: Float32Array.from({ length: half }, (_, i) => 1 - smoothstep(...MOUTH_BOTTOM, 0.5 + i / size)),
  };
}
