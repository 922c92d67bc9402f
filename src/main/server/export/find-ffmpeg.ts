import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ffmpegPath, isFfmpegAvailable } from 'node-av/ffmpeg';
import { say } from '../../../shared/told';
import { HeraldError } from '../errors';

const ANSWER_MS = 10_000;

export interface FoundFfmpeg {
  path: string;
  version: string;
}

/**
 * The ffmpeg that makes exports: the one that the settings name, else the one on the PATH, else node-av's, where `npm run
 * fetch-ffmpeg` has brought it.
 * @throws HeraldError('refused') that says how to get one
 */
export async function findFfmpeg(named: string | undefined): Promise<FoundFfmpeg> {
  if (named !== undefined) {
    const version = await versionOf(named);
    if (version === undefined) {
      throw new HeraldError(
        'refused',
        `--ffmpeg_path ${named} is not an ffmpeg that runs; name another, or leave it out`,
      );
    }
    return { path: named, version };
  }
  for (const path of ['ffmpeg', ...(isFfmpegAvailable() ? [ffmpegPath()] : [])]) {
    const version = await versionOf(path);
    if (version !== undefined) return { path, version };
  }
  throw new HeraldError('refused', say('export.noFfmpeg'));
}

async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(path, ['-hide_banner', '-version'], { timeout: ANSWER_MS });
    return /^ffmpeg version (\S+)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}
