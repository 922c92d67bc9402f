import type { Box } from '../avatar/avatar';
import { HeraldError } from '../errors';

/** How large a clip is to be: a number is its shorter side, with the presenter's own proportions. */
export type ClipSize = number | { widthPx: number; heightPx: number };

export const MIN_SIDE_PX = 64;
export const MAX_SIDE_PX = 4_096;

/** `512`, `720` or `1080x1920`. @throws HeraldError('malformed') */
export function parseSize(text: string): ClipSize {
  const [, first, second] = /^(\d{1,5})(?:[x×](\d{1,5}))?$/i.exec(text.trim()) ?? [];
  const sides = [first, second].filter((side) => side !== undefined).map(Number);
  if (sides.length === 0 || sides.some((side) => side < MIN_SIDE_PX || side > MAX_SIDE_PX)) {
    throw new HeraldError(
      'malformed',
      `size ${JSON.stringify(text.slice(0, 20))}: say 512, 720 or 1080x1920, from ${MIN_SIDE_PX} to ${MAX_SIDE_PX} pixels`,
    );
  }
  return sides.length === 1 ? sides[0]! : { widthPx: sides[0]!, heightPx: sides[1]! };
}

export interface SizePlan {
  /** The part of the presenter's picture that is shown. */
  crop: Box;
  widthPx: number;
  heightPx: number;
}

const even = (value: number) => Math.max(2, Math.round(value / 2) * 2);

/**
 * Fills the wanted size and cuts what sticks out, with the face in the middle as far as the picture reaches. All numbers are
 * even, as I420 wants them.
 */
export function planSize(
  picture: { widthPx: number; heightPx: number },
  face: Box,
  size: ClipSize | undefined,
): SizePlan {
  if (size === undefined) return { crop: { xPx: 0, yPx: 0, ...picture }, ...picture };
  const shorter = Math.min(picture.widthPx, picture.heightPx);
  const wanted =
    typeof size === 'number'
      ? { widthPx: (picture.widthPx * size) / shorter, heightPx: (picture.heightPx * size) / shorter }
      : size;
  return {
    crop: cropAround(picture, face, wanted.widthPx / wanted.heightPx),
    widthPx: even(wanted.widthPx),
    heightPx: even(wanted.heightPx),
  };
}

/** The largest part of a picture with these proportions that has the face in its middle, or as near to it as possible. */
export function cropAround(picture: { widthPx: number; heightPx: number }, face: Box, aspect: number): Box {
  const widthPx = Math.min(picture.widthPx, even(picture.heightPx * aspect));
  const heightPx = Math.min(picture.heightPx, even(picture.widthPx / aspect));
  const place = (centre: number, length: number, limit: number) =>
    Math.min(limit - length, Math.max(0, Math.floor((centre - length / 2) / 2) * 2));
  return {
    xPx: place(face.xPx + face.widthPx / 2, widthPx, picture.widthPx),
    yPx: place(face.yPx + face.heightPx / 2, heightPx, picture.heightPx),
    widthPx,
    heightPx,
  };
}
