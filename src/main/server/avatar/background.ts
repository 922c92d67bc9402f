import { HeraldError } from '../errors';

/** A plain colour to stand before, as the I420 of pictures has it (BT.709, limited range). */
export interface Background {
  /** `#00ff00` */
  hex: string;
  y: number;
  u: number;
  v: number;
}

/** @throws HeraldError('malformed') when it is no colour of the form #rrggbb */
export function backgroundOf(text: string): Background {
  const digits = /^#?([\da-f]{6})$/i.exec(text)?.[1];
  if (!digits) throw new HeraldError('malformed', `background ${JSON.stringify(text)}: say a colour such as #00ff00`);
  const [r = 0, g = 0, b = 0] = [0, 2, 4].map((at) => Number.parseInt(digits.slice(at, at + 2), 16) / 255);
  const luma = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return {
    hex: `#${digits.toLowerCase()}`,
    y: Math.round(16 + 219 * luma),
    u: Math.round(128 + (224 * (b - luma)) / 1.8556),
    v: Math.round(128 + (224 * (r - luma)) / 1.5748),
  };
}
