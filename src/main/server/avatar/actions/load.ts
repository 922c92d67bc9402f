import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { PICTURES_PER_SECOND } from '../../../../shared/units';
import type { ActionEntry, Problem } from './config';
import { FolderRun } from './folder-run';
import { readImageFolder } from './images';
import { findPath, type PathRules } from './paths';
import type { Performance } from './performance';
import { checkSound, soundBlocks, soundLength } from './sound';
import { type Material, roundMs, steps } from './steps';
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
    const { durationMs } = await checkSound(file);
    return { sound: () => soundBlocks(file), soundMs: durationMs };
  });
  if (pictures === undefined || pictures === 'broken' || sound === 'broken') return undefined;
  const { audiotype, name = pictures.name, loop } = entry;
  return performanceOf({ ...pictures.material, ...sound }, { audiotype, name, loop: loop === true });
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
  const { durationMs: soundMs } = await checkSound(soundFile);
  return performanceOf({ ...material, sound: () => soundBlocks(soundFile), soundMs }, { audiotype, name, loop: false });
}

function performanceOf(
  material: Material,
  { audiotype, name, loop }: { audiotype: number; name: string; loop: boolean },
): Performance {
  const standsInModeOne = audiotype === 1;
  // Mode 1 is silence: its pictures go round, and sound that they bring is left out.
  const { open, picturesMs } = material;
  const played: Material = standsInModeOne ? { open, picturesMs } : material;
  return {
    audiotype,
    name,
    loop: loop || standsInModeOne,
    durationMs: roundMs(played),
    steps: (size, signal) => steps(played, { size, loop: loop || standsInModeOne, signal }),
  };
}

async function pictureMaterial(path: string, stored: StoredFolders): Promise<{ material: Material; name: string }> {
  const name = basename(path, extname(path));
  if (!(await stat(path)).isDirectory()) return { material: await videoMaterial(path), name };
  const folder = await readImageFolder(path);
  stored.prepare(folder);
  const picturesMs = (folder.pictureFiles.length * 1_000) / PICTURES_PER_SECOND;
  return { material: { open: async (size) => FolderRun.open(folder, size, stored), picturesMs }, name: basename(path) };
}

async function videoMaterial(file: string): Promise<Material> {
  const run = await VideoRun.open(file, CHECK_SIZE);
  const { startSamples: fromSamples, durationMs: picturesMs } = run;
  try {
    if (!(await run.next())) throw new Error('holds no pictures that can be decoded');
  } finally {
    await run.close();
  }
  const heard = await soundLength(file, { fromSamples });
  return {
    open: (size) => VideoRun.open(file, size),
    picturesMs,
    ...(heard && { sound: () => soundBlocks(file, { fromSamples }), soundMs: heard.durationMs }),
  };
}
