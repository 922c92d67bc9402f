import { HeraldError } from '../errors';
import type { I420Picture } from './avatar';

/** A plain colour to stand before, as the I420 of pictures has it (BT.709, limited range). */
export interface Colour {
  /** `#00ff00` */
  id: string;
  y: number;
  u: number;
  v: number;
}

/** Nothing: the pictures have alpha, in straight colours. Of clips only, as what viewers get has none. */
export const TRANSPARENT = { id: 'transparent' } as const;

/** What a presenter stands before, where that is not its own wall. */
export type Background = Colour | typeof TRANSPARENT;

/** `#00ff00` or `transparent`. @throws HeraldError('malformed') */
export function backgroundOf(text: string): Background {
  return text.trim().toLowerCase() === TRANSPARENT.id ? TRANSPARENT : colourOf(text);
}

/** @throws HeraldError('malformed') when it is no colour of the form #rrggbb */
export function colourOf(text: string): Colour {
  const digits = /^#?([\da-f]{6})$/i.exec(text)?.[1];
  if (!digits) throw new HeraldError('malformed', `background ${JSON.stringify(text)}: say a colour such as #00ff00`);
  const [r = 0, g = 0, b = 0] = [0, 2, 4].map((at) => Number.parseInt(digits.slice(at, at + 2), 16) / 255);
  const luma = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return {
    id: `#${digits.toLowerCase()}`,
    y: Math.round(16 + 219 * luma),
    u: Math.round(128 + (224 * (b - luma)) / 1.8556),
    v: Math.round(128 + (224 * (r - luma)) / 1.5748),
  };
}

/** Bytes of a picture before it: I420, and of a transparent one as many bytes of alpha behind it as there are pixels. */
export function pictureBytes(
  { widthPx, heightPx }: { widthPx: number; heightPx: number },
  background?: Background,
): number {
  return (widthPx * heightPx * (background === TRANSPARENT ? 5 : 3)) / 2;
}

export const hasAlpha = (picture: I420Picture): boolean => picture.data.length > pictureBytes(picture);
