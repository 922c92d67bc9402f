import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import type { ActionEntry, Problem } from './config';
import { FolderRun } from './folder-run';
import { readImageFolder } from './images';
import { findPath, type PathRules } from './paths';
import type { Performance } from './performance';
import { checkSound, hasSound, soundBlocks } from './sound';
import { type Material, steps } from './steps';
import type { StoredFolders } from './stored-folders';
import { VideoRun } from './video';

const CHECK_SIZE = { widthPx: 64, heightPx: 64 };

/** One entry with everything that it names looked at: it plays. Problems are added to the list; then undefined. */
export async function loadEntry(
  entry: ActionEntry,
  { rules, stored, onProblem }: { rules: PathRules; stored: StoredFolders; onProblem: (problem: Problem) => void },
): Promise<Performance | undefined> {
  const look = async <T>(key: string, given: string | undefined, at: (file: string) => Promise<T>) => {
    if (given === undefined) return undefined;
    try {
      return await at(await findPath(given, rules));
    } catch (error) {
      onProblem({ key, message: `${given} ${(error as Error).message}` });
      return 'broken' as const;
    }
  };
  const key = entry.video === undefined ? 'imgpath' : 'video';
  const pictures = await look(key, entry.video ?? entry.imgpath, (file) => pictureMaterial(file, stored));
  const sound = await look('audiopath', entry.audiopath, async (file) => {
    await checkSound(file);
    return () => soundBlocks(file);
  });
  if (pictures === undefined || pictures === 'broken' || sound === 'broken') return undefined;
  const { audiotype, name = pictures.name, loop } = entry;
  return performanceOf({ ...pictures.material, ...(sound && { sound }) }, { audiotype, name, loop: loop === true });
}

/** A video file as a performance; `soundFile` takes the place of the video's own sound. */
export async function videoPerformance({
  audiotype,
  name,
  videoFile,
  soundFile,
}: {
  audiotype: number;
  name: string;
  videoFile: string;
  soundFile?: string;
}): Promise<Performance> {
  const material = await videoMaterial(videoFile);
  if (soundFile === undefined) return performanceOf(material, { audiotype, name, loop: false });
  await checkSound(soundFile);
  return performanceOf({ ...material, sound: () => soundBlocks(soundFile) }, { audiotype, name, loop: false });
}

function performanceOf(
  material: Material,
  { audiotype, name, loop }: { audiotype: number; name: string; loop: boolean },
): Performance {
  const standsInModeOne = audiotype === 1;
  // Mode 1 is silence: its pictures go round, and sound that they bring is left out.
  const { open, sound } = material;
  const played: Material = standsInModeOne || !sound ? { open } : { open, sound };
  return {
    audiotype,
    name,
    loop: loop || standsInModeOne,
    steps: (size, signal) => steps(played, { size, loop: loop || standsInModeOne, signal }),
  };
}

async function pictureMaterial(path: string, stored: StoredFolders): Promise<{ material: Material; name: string }> {
  const name = basename(path, extname(path));
  if (!(await stat(path)).isDirectory()) return { material: await videoMaterial(path), name };
  const folder = await readImageFolder(path);
  stored.prepare(folder);
  return { material: { open: async (size) => FolderRun.open(folder, size, stored) }, name: basename(path) };
}

async function videoMaterial(file: string): Promise<Material> {
  const run = await VideoRun.open(file, CHECK_SIZE);
  const fromSamples = run.startSamples;
  try {
    if (!(await run.next())) throw new Error('holds no pictures that can be decoded');
  } finally {
    await run.close();
  }
  const sound = (await hasSound(file)) ? () => soundBlocks(file, { fromSamples }) : undefined;
  return { open: (size) => VideoRun.open(file, size), ...(sound && { sound }) };
}
