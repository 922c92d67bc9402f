import { readFile, stat } from 'node:fs/promises';
import { say } from '../../../shared/told';
import { HeraldError } from '../errors';
import { readPickle } from '../mouth/weights/pickle';
import { NUMPY_SCALARS } from '../mouth/weights/pickle-globals';
import type { Box } from './avatar';

export const COORDS_FILE = 'coords.pkl';
/** 100,000 boxes of numpy scalars are 7 MB; a larger file is something else. */
const MAX_COORDS_BYTES = 32 * 1024 * 1024;
/** A smaller face shows nothing of a mouth, and is more likely a wrong file than a face. */
const MIN_FACE_PX = 16;

/** A face as LiveTalking writes it: rows y1 to y2 and columns x1 to x2 of the picture, the ends exclusive. */
export type Coords = readonly [y1: number, y2: number, x1: number, x2: number];

/** What is wrong with a file or folder of an avatar, and what to do about it. */
export const brokenFile = (file: string, what: string): HeraldError =>
  new HeraldError('malformed', say('import.brokenAvatar', { file, what }));

/**
 * Reads a LiveTalking `coords.pkl`: a pickled list of (y1, y2, x1, x2), as Python integers or as numpy scalars. It is read as
 * data; nothing in it is run.
 * @throws HeraldError('malformed') that names the file and what to do
 */
export async function readCoords(file: string): Promise<Coords[]> {
  const wrong = (what: string) => brokenFile(file, what);
  const info = await stat(file).catch(() => undefined);
  if (!info?.isFile()) throw wrong('is missing');
  if (info.size === 0) throw wrong('is empty');
  if (info.size > MAX_COORDS_BYTES) throw wrong(`has ${info.size} bytes, far more than a list of face boxes`);
  let value: unknown;
  try {
    ({ value } = readPickle(await readFile(file), { globals: NUMPY_SCALARS }));
  } catch (error) {
    throw wrong((error as Error).message.replace(/\.$/, ''));
  }
  if (!Array.isArray(value)) throw wrong('holds no list of face boxes');
  return value.map((entry: unknown, index) => {
    if (!isCoords(entry)) throw wrong(`has an entry, number ${index}, that is not four whole numbers (y1, y2, x1, x2)`);
    return entry;
  });
}

const isCoords = (entry: unknown): entry is Coords =>
  Array.isArray(entry) && entry.length === 4 && entry.every((value) => Number.isInteger(value));

/**
 * The face box in a picture of this size, whose last row or column is left out where it is odd. Edges move to the nearest
 * even pixel (by one at most), where I420 has its chroma; the network's change is added to the avatar's own pixels, so a
 * pixel more or less of frame is not seen.
 * @returns what is wrong instead, as the end of a sentence, when it is no box in this picture
 */
export function faceBoxOf([y1, y2, x1, x2]: Coords, widthPx: number, heightPx: number): Box | string {
  const said = `y ${y1}..${y2}, x ${x1}..${x2}`;
  if (x1 < 0 || y1 < 0 || x2 > widthPx || y2 > heightPx) {
    return `the face box ${said} leaves the picture of ${widthPx}x${heightPx}`;
  }
  if (x2 - x1 < MIN_FACE_PX || y2 - y1 < MIN_FACE_PX) {
    return `the face box ${said} is smaller than ${MIN_FACE_PX} pixels`;
  }
  const even = (edge: number, end: number) => Math.min(2 * Math.round(edge / 2), end - (end % 2));
  const [left, right] = [even(x1, widthPx), even(x2, widthPx)];
  const [top, bottom] = [even(y1, heightPx), even(y2, heightPx)];
  return { xPx: left, yPx: top, widthPx: right - left, heightPx: bottom - top };
}
