import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { readImageSize } from '../image-header';
import { inParallel } from '../in-parallel';

/** A folder of pictures as LiveTalking names them, checked; nothing is decoded yet. */
export interface ImageFolder {
  dir: string;
  /** In the order of their numbers. */
  pictureFiles: string[];
  /** Of every picture; even, so the last row or column of an odd picture is left out. */
  widthPx: number;
  heightPx: number;
  /** Changes when a picture is added, removed or replaced. */
  signature: string;
}

const IMAGE = /\.(png|jpe?g)$/i;
const OPEN_FILES = 16;
/** Ten minutes. */
const MAX_PICTURES = 15_000;
const NAMED_AT_MOST = 3;

/**
 * Reads a folder's names and headers.
 * @throws Error with everything that is wrong, as the end of a sentence that starts with the folder's name
 */
export async function readImageFolder(dir: string): Promise<ImageFolder> {
  const numbered = new Map<number, string>();
  const wrong: string[] = [];
  for (const name of (await readdir(dir)).sort()) {
    if (!IMAGE.test(name) || name.startsWith('.')) continue; // Thumbs.db, .DS_Store and ._00000000.png are no pictures
    const stem = name.slice(0, -extname(name).length);
    const number = Number(stem);
    if (!/^\d{1,15}$/.test(stem)) wrong.push(`${name} is not named by its number, like 00000000.png`);
    else if (numbered.has(number)) wrong.push(`${numbered.get(number)} and ${name} have the same number`);
    else numbered.set(number, name);
  }
  if (wrong.length === 0 && numbered.size === 0) throw new Error('holds no png, jpg or jpeg pictures');
  if (numbered.size > MAX_PICTURES) throw new Error(`holds ${numbered.size} pictures; ${MAX_PICTURES} at most`);
  const names = [...numbered.entries()].sort(([a], [b]) => a - b).map(([, name]) => name);
  const pictures = await inParallel(names, OPEN_FILES, async (name) => {
    const file = join(dir, name);
    try {
      const { size, mtimeMs } = await stat(file);
      return { ...(await readImageSize(file)), key: `${name} ${size} ${Math.floor(mtimeMs / 1_000)}\n` };
    } catch (error) {
      wrong.push(`${name} ${(error as Error).message}`);
      return undefined;
    }
  });
  const first = pictures.find((picture) => picture !== undefined);
  const hash = createHash('sha256');
  pictures.forEach((picture, index) => {
    if (!picture || !first) return;
    hash.update(picture.key);
    if (picture.widthPx === first.widthPx && picture.heightPx === first.heightPx) return;
    wrong.push(`${names[index]} is ${picture.widthPx}x${picture.heightPx}, not ${first.widthPx}x${first.heightPx}`);
  });
  if (wrong.length > 0 || !first) throw new Error(`is not in order: ${listed(wrong)}`);
  return {
    dir,
    pictureFiles: names.map((name) => join(dir, name)),
    widthPx: first.widthPx & ~1,
    heightPx: first.heightPx & ~1,
    signature: hash.digest('hex').slice(0, 32),
  };
}

function listed(wrong: readonly string[]): string {
  const more = wrong.length - NAMED_AT_MOST;
  return `${wrong.slice(0, NAMED_AT_MOST).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

export const folderName = ({ dir }: Pick<ImageFolder, 'dir'>): string => basename(dir);
