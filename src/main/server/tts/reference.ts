import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { ProviderError } from '../provider-error';
import type { HttpVoiceOptions } from './http-audio';
import type { TtsOptions, VoiceSettings } from './tts';

/** The recording whose voice is to be copied. */
export interface Reference {
  /** A path, a file name or a server's own id, as the engine takes it. */
  audio: string;
  /** What it says. */
  text?: string;
  /** Whether a request named it, which must not make us read any file that it likes. */
  requested: boolean;
}

/** A recording to upload. */
export interface Recording {
  bytes: Uint8Array<ArrayBuffer>;
  fileName: string;
  /** Changes with the file's place and content. */
  key: string;
}

/** Half a minute as uncompressed stereo is 5 MB, and these models want 3 to 30 s. */
const MAX_RECORDING_BYTES = 16 << 20;
/** A plain name of a sound file: no folders, nothing hidden. */
const FILE_NAME = /^[\p{L}\p{N}_][\p{L}\p{N}\p{M}_ .()+-]{0,120}\.(wav|mp3|m4a|ogg|opus|flac|aac|webm)$/iu;

const given = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;

/**
 * The reference of one sentence: named by /human (`ref_file`, `ref_text` of its `tts` object, as the peers' clients send
 * them), else by /offer, else by the settings. The settings' text belongs to the settings' recording only.
 */
export function chosenReference(settings: HttpVoiceOptions, options: TtsOptions): Reference | undefined {
  const requested = given(options.extra?.ref_file) ?? given(options.referenceAudio);
  const own = given(settings.referenceAudio);
  const audio = requested ?? own;
  if (audio === undefined) return undefined;
  const text =
    given(options.extra?.ref_text) ??
    given(options.referenceText) ??
    (audio === own ? given(settings.referenceText) : undefined);
  return { audio, requested: audio !== own, ...(text === undefined ? {} : { text }) };
}

/** The keys of /human's `tts` object that go into the request to the voice server. */
export function passedOn(extra: VoiceSettings['extra']): Record<string, unknown> {
  const { ref_file: _file, ref_text: _text, voice: _voice, speed: _speed, pitch: _pitch, ...rest } = extra ?? {};
  return rest;
}

/**
 * Reads a recording to upload. A path from the settings is read as it is; a name from a request only inside `voicesDir`,
 * links followed and checked, for otherwise any caller could have any file of this machine sent to the voice server.
 * @throws ProviderError
 */
export async function readRecording(
  { audio, requested }: Reference,
  voicesDir: string | undefined,
  provider: string,
): Promise<Recording> {
  const fault = (reason: string, remedy: string) =>
    new ProviderError({ part: 'voice', provider, reason, remedy, ofRequest: requested });
  const name = basename(audio).slice(0, 60);
  const remedy = requested
    ? 'Put the recording in the voices folder and send its file name.'
    : 'Correct --REF_FILE: it is the path of a recording on this machine.';
  if (requested && !FILE_NAME.test(audio)) {
    throw fault(`"${audio.slice(0, 60)}" is not the name of a recording`, remedy);
  }
  try {
    const path = requested ? await insideFolder(audio, voicesDir) : audio;
    const about = path === undefined ? undefined : await stat(path);
    // A pipe or a device would be read for ever.
    if (path === undefined || !about?.isFile()) throw fault(`there is no recording "${name}"`, remedy);
    if (about.size > MAX_RECORDING_BYTES) {
      throw fault(`the recording "${name}" is larger than 16 MB`, 'Cut it to 3 to 10 seconds of clear speech.');
    }
    const bytes = new Uint8Array(await readFile(path));
    return { bytes, fileName: basename(path), key: `${path}\n${about.size}\n${about.mtimeMs}` };
  } catch (error) {
    if (error instanceof ProviderError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw fault(code === 'ENOENT' ? `there is no recording "${name}"` : `"${name}" cannot be read (${code})`, remedy);
  }
}

/** The real path of a file of this folder; undefined where the name leads out of it. */
async function insideFolder(name: string, folder: string | undefined): Promise<string | undefined> {
  if (folder === undefined) return undefined;
  const root = await realpath(folder);
  const path = await realpath(join(root, name));
  return path.startsWith(root + sep) ? path : undefined;
}
