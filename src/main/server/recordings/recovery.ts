import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../log';
import { renameNew } from './draft';
import { filesOf, type MediaName, parseMediaName, parsePartName } from './names';
import { readSidecar, type SidecarData, sidecarOfId, writeSidecar } from './sidecar';

/** A part that somebody is writing grows twice a second. */
const STILL_WRITTEN_MS = 10_000;

/**
 * What an earlier run left behind: parts become recordings, marked as recovered; half-made copies go.
 * @returns recordings whose index is not at the front yet
 */
export async function recover(dir: string, log: Log): Promise<MediaName[]> {
  const entries = await readdir(dir).catch(() => []);
  const unordered: MediaName[] = [];
  for (const entry of entries) {
    try {
      if (/\.ordering\.(mp4|webm)$/.test(entry) || /\.json\.[0-9a-f]{8}\.tmp$/.test(entry)) {
        if (!(await isFresh(join(dir, entry)))) await rm(join(dir, entry), { force: true });
        continue;
      }
      const part = parsePartName(entry);
      if (part && (await recoverPart(dir, part, log))) unordered.push(part);
      const finished = parseMediaName(entry);
      if (finished && (await readSidecar(filesOf(dir, finished).sidecar))?.ordered === false) unordered.push(finished);
    } catch (error) {
      log.warn(
        `${entry} was left by an earlier run and cannot be recovered: ${error instanceof Error ? error.message : error}`,
      );
    }
  }
  return unordered;
}

/** @returns whether there is a recording now */
async function recoverPart(dir: string, name: MediaName, log: Log): Promise<boolean> {
  const { part, media, sidecar } = filesOf(dir, name);
  const known = await readSidecar(sidecar);
  if (known && (await isFresh(part)) && isOtherProcess(known)) return false; // another Herald records here
  const { size } = await stat(part);
  if (size === 0) {
    // It ended before its first half second.
    await Promise.all([rm(part), rm(sidecar, { force: true })]);
    return false;
  }
  const { pid: _, durationMs: __, ...about } = known ?? sidecarOfId(name.id);
  await renameNew(part, media);
  await writeSidecar(sidecar, { ...about, recovered: true, ordered: false, turns: ended(about.turns) });
  log.info(`${name.id} was cut off when Herald ended, and has been recovered`);
  return true;
}

/** What was being said when it was cut off has no end; the last that is known of it will do. */
const ended = (turns: SidecarData['turns']) =>
  turns.map((turn) => ({ ...turn, sentences: turn.sentences.filter(({ startMs, endMs }) => endMs > startMs) }));

async function isFresh(file: string): Promise<boolean> {
  const { mtimeMs } = await stat(file);
  return Date.now() - mtimeMs < STILL_WRITTEN_MS;
}

function isOtherProcess({ pid }: SidecarData): boolean {
  if (pid === undefined || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // it lives, and is somebody else's
  }
}
