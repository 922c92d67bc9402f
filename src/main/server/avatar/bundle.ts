import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { HeraldError } from '../errors';
import type { Box, PerformanceClip } from './avatar';
import type { Playback } from './idle';
import type { KeyFiles } from './keyed-clip';

/** `clara`, `my_avatar-2`: what may follow `avatars/` in a path. Names from requests never become paths unchecked. */
export const AVATAR_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
export const BUNDLE_FILE = 'presenter.json';

/** A presenter as its folder describes it; nothing is decoded yet. */
export interface PresenterBundle {
  id: string;
  dir: string;
  name: Record<string, string>;
  widthPx: number;
  heightPx: number;
  idleFile: string;
  /** For other backgrounds. */
  key?: KeyFiles;
  pictureCount: number;
  playback: Playback;
  stillIndex: number;
  /** One for all pictures or one each. */
  faceBoxes: Box[];
  thumbnailFile?: string;
  performances: PerformanceClip[];
}

const even = z.int().min(0).multipleOf(2, 'must be even');
const evenSize = z.int().min(16).max(8_192).multipleOf(2, 'must be even');
/** A file beside presenter.json, so that a bundle from elsewhere cannot name files outside itself. */
const sibling = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be a plain file name');

const schema = z.object({
  format: z.literal('herald-presenter/1'),
  id: z.string().regex(AVATAR_ID),
  name: z.record(z.string(), z.string()),
  picture: z.object({ widthPx: evenSize, heightPx: evenSize, fps: z.literal(25) }),
  idle: z.object({
    file: sibling,
    pictures: z.int().min(1).max(100_000),
    playback: z.enum(['cycle', 'pingpong']),
    /** White where the presenter is, picture by picture. */
    matte: sibling.optional(),
  }),
  /** One picture: what is behind the presenter. A matte is of use only with it. */
  wall: sibling.optional(),
  still: z.object({ pictureIndex: z.int().min(0) }),
  faceBoxes: z.array(z.tuple([even, even, evenSize, evenSize])).min(1),
  thumbnail: sibling.optional(),
  performances: z
    .array(
      z.object({
        audiotype: z.int().min(1, '1 is the still clip, 2 and above are performances'),
        name: z.string().min(1),
        clip: sibling,
        audio: sibling.optional(),
        matte: sibling.optional(),
      }),
    )
    .default([]),
});

/**
 * Reads and checks `dir/presenter.json`.
 * @throws HeraldError('malformed') that names the file, what is wrong with it and what to do
 */
export async function readBundle(dir: string): Promise<PresenterBundle> {
  const file = join(dir, BUNDLE_FILE);
  const wrong = (what: string) =>
    new HeraldError('malformed', `${file}: ${what}. Restore the presenter's folder or remove it.`);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw wrong(error.code === 'ENOENT' ? 'not found' : `cannot be read (${error.code})`);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw wrong(`not JSON (${(error as Error).message})`);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw wrong(`${issue.path.join('.') || 'the whole'}: ${issue.message}`);
  }
  const { id, name, picture, idle, wall, still, faceBoxes, thumbnail, performances } = parsed.data;
  const keyOf = (matte: string | undefined) =>
    matte === undefined || wall === undefined
      ? {}
      : { key: { matteFile: join(dir, matte), wallFile: join(dir, wall) } };
  if (id !== basename(dir)) throw wrong(`id "${id}" is not the folder's name "${basename(dir)}"`);
  if (still.pictureIndex >= idle.pictures)
    throw wrong(`still.pictureIndex ${still.pictureIndex} is beyond the pictures`);
  if (faceBoxes.length !== 1 && faceBoxes.length !== idle.pictures) {
    throw wrong(`faceBoxes: ${faceBoxes.length} entries; give one, or one for each of the ${idle.pictures} pictures`);
  }
  const audiotypes = performances.map(({ audiotype }) => audiotype);
  const twice = audiotypes.find((audiotype, index) => audiotypes.indexOf(audiotype) !== index);
  if (twice !== undefined) throw wrong(`performances: audiotype ${twice} is given twice`);
  for (const [x, y, w, h] of faceBoxes) {
    if (x + w > picture.widthPx || y + h > picture.heightPx)
      throw wrong(`faceBoxes: ${x},${y},${w},${h} leaves the picture`);
  }
  return {
    id,
    dir,
    name,
    widthPx: picture.widthPx,
    heightPx: picture.heightPx,
    idleFile: join(dir, idle.file),
    ...keyOf(idle.matte),
    pictureCount: idle.pictures,
    playback: idle.playback,
    stillIndex: still.pictureIndex,
    faceBoxes: faceBoxes.map(([xPx, yPx, widthPx, heightPx]) => ({ xPx, yPx, widthPx, heightPx })),
    ...(thumbnail === undefined ? {} : { thumbnailFile: join(dir, thumbnail) }),
    performances: performances.map(({ audiotype, name, clip, audio, matte }) => ({
      audiotype,
      name,
      videoFile: join(dir, clip),
      ...(audio !== undefined && { soundFile: join(dir, audio) }),
      ...keyOf(matte),
    })),
  };
}
