import { readFile, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import type { OpenedFile } from '../preload/bridge';
import { settingKind, settingNames } from '../shared/settings';

/** What /humanaudio takes (API.md). */
const PLAYABLE = new Set(['.wav', '.mp3', '.m4a', '.ogg', '.opus', '.flac', '.webm', '.aac', '.mp4']);

export const isPlayable = (path: string): boolean => PLAYABLE.has(extname(path).toLowerCase());

/** `--no_auth` stands alone; after any other flag comes its value, which may well be a sound file (`--REF_FILE voice.wav`). */
const takesValue = (argument: string | undefined): boolean => {
  if (!argument?.startsWith('-') || argument.includes('=')) return false;
  const name = argument.replace(/^--?/, '').replaceAll('-', '_').toLowerCase();
  const setting = settingNames.find((candidate) => candidate.toLowerCase() === name);
  return !setting || settingKind(setting) !== 'boolean';
};

/** Tells files that are to be played from Herald's own flags. */
export function splitArguments(args: readonly string[]): { flags: string[]; files: string[] } {
  const isFile = (argument: string, i: number) =>
    !argument.startsWith('-') && isPlayable(argument) && !takesValue(args[i - 1]);
  return { flags: args.filter((argument, i) => !isFile(argument, i)), files: args.filter(isFile) };
}

/** @throws Error, for people */
export async function readOpened(path: string, maxBytes: number): Promise<OpenedFile> {
  const name = basename(path);
  if (!isPlayable(path)) throw new Error(`${name} is not a sound or video file that Herald plays`);
  const { size } = await stat(path);
  if (size > maxBytes)
    throw new Error(`${name} is larger than ${Math.floor(maxBytes / 1024 / 1024)} MB (--max_upload_mb)`);
  return { name, bytes: new Uint8Array(await readFile(path)) };
}
