import { randomBytes } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { copyFile, mkdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { avatarName } from '../../../shared/protocol';
import { HeraldError } from '../errors';
import { COORDS_FILE } from './coords';
import { FACE_DIR, FULL_DIR, type LiveTalkingAvatar, readLiveTalking } from './livetalking';
import { PictureCache } from './picture-cache';

export interface ImportOptions {
  /** `<data>/avatars`. */
  avatarsDir: string;
  /** Where the converted pictures are kept: the library's own, so that the first session finds them. */
  cacheDir: string;
  /** Pictures are prepared first, then files are copied. */
  onProgress?: (progress: ImportProgress) => void;
  signal?: AbortSignal;
  /** The source is ours to use up: its files are moved, so that they are never on the disk twice. */
  move?: boolean;
}

export interface ImportProgress {
  step: 'prepare' | 'copy';
  done: number;
  total: number;
}

/**
 * Copies a LiveTalking avatar into the library and prepares its pictures, so that its first session starts at once. The new
 * folder appears whole or not at all, and a folder with a broken picture is refused before anything is copied.
 *
 * @param targetName name of the avatar in the library; the folder's own name unless given
 * @throws HeraldError('malformed') with the file and what to do; the signal's reason when it was aborted
 */
export async function importAvatar(
  sourceDir: string,
  targetName: string | undefined,
  { avatarsDir, cacheDir, onProgress = () => {}, signal, move = false }: ImportOptions,
): Promise<LiveTalkingAvatar> {
  const source = resolve(sourceDir);
  const name = checkedName(targetName ?? basename(source), targetName === undefined);
  const target = join(avatarsDir, name);
  const taken = () =>
    new HeraldError('malformed', `${name} exists already in ${avatarsDir}. Choose another name (--name).`);
  if (existsSync(target)) throw taken();
  if (!(await stat(source).catch(() => undefined))?.isDirectory()) {
    throw new HeraldError('malformed', `${source} is not a folder. Name a folder that holds ${FULL_DIR}.`);
  }
  const avatar = await readLiveTalking(source);
  const cache = new PictureCache(cacheDir);
  const prepared = await cache.open(avatar, {
    signal,
    onProgress: (done, total) => onProgress({ step: 'prepare', done, total }),
  });
  await prepared.close();
  // A leading dot: while it is being filled the library does not see it.
  const temporary = join(avatarsDir, `.import-${randomBytes(6).toString('hex')}`);
  try {
    const onFile = (done: number, total: number) => onProgress({ step: 'copy', done, total });
    await transfer(avatar, temporary, move ? moveFile : copyWithTimes, onFile, signal);
    if ((await readLiveTalking(temporary)).signature !== avatar.signature) {
      throw new HeraldError('malformed', `${source} changed while it was copied. Import it again.`);
    }
    await rename(temporary, target).catch((error: NodeJS.ErrnoException) => {
      throw existsSync(target) ? taken() : error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return { ...avatar, id: name, dir: target, pictureFiles: avatar.pictureFiles.map((file) => at(target, file)) };
}

const at = (dir: string, file: string): string => join(dir, FULL_DIR, basename(file));

function checkedName(name: string, ofFolder: boolean): string {
  const parsed = avatarName.safeParse(name);
  if (parsed.success) return parsed.data;
  const hint = ofFolder ? ' Give another one with --name.' : '';
  throw new HeraldError('malformed', `"${name.slice(0, 80)}" is ${parsed.error.issues[0]!.message}.${hint}`);
}

type Transfer = (from: string, to: string) => Promise<void>;

/** Only what belongs to the avatar. */
async function transfer(
  { dir, pictureFiles, faceFiles }: LiveTalkingAvatar,
  target: string,
  put: Transfer,
  onFile: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  for (const folder of [FULL_DIR, FACE_DIR]) await mkdir(join(target, folder), { recursive: true });
  const files = [
    ...pictureFiles.map((file) => [file, at(target, file)] as const),
    ...faceFiles.map((file) => [file, join(target, FACE_DIR, basename(file))] as const),
    [join(dir, COORDS_FILE), join(target, COORDS_FILE)] as const,
  ];
  for (const [index, [from, to]] of files.entries()) {
    signal?.throwIfAborted();
    await put(from, to);
    onFile(index + 1, files.length);
  }
}

/** With its times: they are part of the signature by which prepared pictures are found. */
const copyWithTimes: Transfer = async (from, to) => {
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  const { atime, mtime } = await stat(from);
  await utimes(to, atime, mtime);
};

/** Onto another disk it has to be copied after all (EXDEV: the library may be a link to one). */
const moveFile: Transfer = async (from, to) => {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await copyWithTimes(from, to);
    await rm(from);
  }
};
