import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { HeraldError } from '../errors';
import type { Box } from './avatar';
import { brokenFile, COORDS_FILE, faceBoxOf, readCoords } from './coords';
import { type ImageSize, readImageSize } from './image-header';
import { inParallel } from './in-parallel';

export const FULL_DIR = 'full_imgs';
export const FACE_DIR = 'face_imgs';

/** A LiveTalking avatar as its folder describes it; nothing is decoded yet. */
export interface LiveTalkingAvatar {
  id: string;
  dir: string;
  /** Picture files in the order in which they are played, then back again (ping-pong). */
  pictureFiles: string[];
  faceFiles: string[];
  /** Of the pictures as they are shown: even, so the last row or column of an odd picture is left out. */
  widthPx: number;
  heightPx: number;
  /** One for each picture. */
  faceBoxes: Box[];
  /** Side of the square face pictures: 96 for wav2lip, 192 or 256 for wav2lip256, 384 for wav2lip384. */
  faceSizePx: number;
  /** Changes when a picture is added, removed or replaced. */
  signature: string;
}

/** The files of a folder that LiveTalking would read, by their number. */
type Numbered = Map<number, string>;

const IMAGE = /\.(png|jpe?g)$/i;
const OPEN_FILES = 16;

/** Whether a folder means to be a LiveTalking avatar, in order or not. */
export const isLiveTalkingFolder = (dir: string): boolean =>
  existsSync(join(dir, FULL_DIR)) || existsSync(join(dir, COORDS_FILE));

/**
 * Reads and checks `full_imgs`, `face_imgs` and `coords.pkl`.
 *
 * The face pictures are `full_imgs[y1:y2, x1:x2]` scaled to one size, so the crop by `coords.pkl` carries all that they do
 * and at the picture's own sharpness; they are only checked, because where they do not fit the rest of the folder is not what
 * it should be either.
 *
 * @param options.everyPicture false looks at the first picture only, which is enough for a list of avatars
 * @throws HeraldError('malformed') that names the file, what is wrong with it and what to do
 */
export async function readLiveTalking(
  dir: string,
  { everyPicture = true }: { everyPicture?: boolean } = {},
): Promise<LiveTalkingAvatar> {
  const full = await numberedImages(join(dir, FULL_DIR));
  const faces = await numberedImages(join(dir, FACE_DIR));
  const coords = await readCoords(join(dir, COORDS_FILE));
  checkPairs(dir, full, faces);
  if (coords.length !== full.size) {
    throw brokenFile(
      join(dir, COORDS_FILE),
      `has ${coords.length} face boxes, but ${FULL_DIR} has ${full.size} pictures`,
    );
  }
  const numbers = [...full.keys()].sort((a, b) => a - b);
  const files = (of: Numbered) => numbers.map((number) => of.get(number)!);
  const pictureFiles = files(full);
  const count = everyPicture ? numbers.length : 1;
  const size = await sameSize(pictureFiles.slice(0, count));
  const faceFiles = files(faces);
  const face = await sameSize(faceFiles.slice(0, count));
  if (face.widthPx !== face.heightPx) {
    throw brokenFile(faceFiles[0]!, `is ${face.widthPx}x${face.heightPx}; a face picture is square`);
  }
  const faceBoxes = coords.map((entry, index) => {
    const box = faceBoxOf(entry, size.widthPx, size.heightPx);
    if (typeof box === 'string') {
      throw brokenFile(join(dir, COORDS_FILE), `does not fit ${basename(pictureFiles[index]!)}: ${box}`);
    }
    return box;
  });
  return {
    id: basename(dir),
    dir,
    pictureFiles,
    faceFiles,
    widthPx: size.widthPx - (size.widthPx % 2),
    heightPx: size.heightPx - (size.heightPx % 2),
    faceBoxes,
    faceSizePx: face.widthPx,
    signature: await signatureOf(pictureFiles),
  };
}

/** LiveTalking sorts by `int(stem)`: `2.png` comes before `10.png`, and a name without a number has no place. */
async function numberedImages(dir: string): Promise<Numbered> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    throw brokenFile(dir, error.code === 'ENOENT' ? 'is missing' : `cannot be read (${error.code})`);
  });
  const found: Numbered = new Map();
  // Thumbs.db, .DS_Store and ._00000000.png (what macOS adds to archives) are no pictures.
  for (const name of names.filter((file) => IMAGE.test(file) && !file.startsWith('.'))) {
    const file = join(dir, name);
    const stem = name.slice(0, -extname(name).length);
    if (!/^\d{1,15}$/.test(stem)) {
      throw new HeraldError('malformed', `${file} is not named by its number, like 00000000.png. Rename or remove it.`);
    }
    const twin = found.get(Number(stem));
    if (twin) {
      throw new HeraldError(
        'malformed',
        `${twin} and ${name} have the same number. Remove the one that is not wanted.`,
      );
    }
    found.set(Number(stem), file);
  }
  if (found.size === 0) throw brokenFile(dir, 'holds no png, jpg or jpeg pictures');
  return found;
}

function checkPairs(dir: string, full: Numbered, faces: Numbered): void {
  for (const [number, file] of full) {
    if (!faces.has(number)) {
      throw brokenFile(
        file,
        `has no face picture: ${join(dir, FACE_DIR)} has ${faces.size} pictures and lacks this one`,
      );
    }
  }
  for (const [number, file] of faces) {
    if (!full.has(number)) {
      throw brokenFile(
        file,
        `belongs to no picture: ${join(dir, FULL_DIR)} has ${full.size} pictures and lacks this one`,
      );
    }
  }
}

async function sameSize(files: readonly string[]): Promise<ImageSize> {
  const sizes = await inParallel(files, OPEN_FILES, (file) =>
    readImageSize(file).catch((error: Error) => {
      throw brokenFile(file, error.message);
    }),
  );
  const [first] = sizes as [ImageSize];
  sizes.forEach(({ widthPx, heightPx }, index) => {
    if (widthPx === first.widthPx && heightPx === first.heightPx) return;
    const others = `${first.widthPx}x${first.heightPx}`;
    throw brokenFile(files[index]!, `is ${widthPx}x${heightPx}, but ${basename(files[0]!)} is ${others}`);
  });
  return first;
}

/** Names, sizes and times (whole seconds: copies and archives keep no more) of the pictures; their content is not read. */
async function signatureOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  const lines = await inParallel(files, OPEN_FILES, async (file) => {
    const { size, mtimeMs } = await stat(file);
    return `${basename(file)} ${size} ${Math.floor(mtimeMs / 1_000)}\n`;
  });
  for (const line of lines) hash.update(line);
  return hash.digest('hex').slice(0, 32);
}
