import { join } from 'node:path';
import { recordingId } from '../../../shared/protocol';
import type { Container } from '../outputs/recorder/fragments';

/**
 * `<date>-<time>-<presenter>-<session>.mp4`, in the machine's own time, `~2` behind it where that was taken. While it is being
 * written it ends in `.part.mp4`, which players still open.
 */
export const CONTAINERS = ['mp4', 'webm'] as const satisfies readonly Container[];
export const contentTypes = { mp4: 'video/mp4', webm: 'video/webm' } as const;

const MAX_PRESENTER_CHARACTERS = 40;
/** A file name may have 255 bytes on most systems; four scripts in five need three bytes a letter. */
const MAX_PRESENTER_BYTES = 150;

export function newRecordingId(at: Date, presenter: string, sessionId: number, attempt = 1): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}`;
  return `${date}-${time}-${shortName(presenter)}-${sessionId}${attempt > 1 ? `~${attempt}` : ''}`;
}

function shortName(presenter: string): string {
  let name = '';
  for (const character of [...presenter].slice(0, MAX_PRESENTER_CHARACTERS)) {
    if (Buffer.byteLength(name + character) > MAX_PRESENTER_BYTES) break;
    name += /[\p{L}\p{N}_. -]/u.test(character) ? character : '_';
  }
  return name.replaceAll('..', '._') || 'presenter';
}

export interface MediaName {
  id: string;
  container: Container;
}

/** A finished recording's file name, or undefined for any other. */
export const parseMediaName = (name: string): MediaName | undefined => parse(name, '');
/** A recording that is being written, or was when the program ended. */
export const parsePartName = (name: string): MediaName | undefined => parse(name, '.part');

function parse(name: string, infix: string): MediaName | undefined {
  for (const container of CONTAINERS) {
    const ending = `${infix}.${container}`;
    const id = name.slice(0, -ending.length);
    if (name.endsWith(ending) && recordingId.safeParse(id).success) return { id, container };
  }
  return undefined;
}

/** What its name tells about a recording: for files whose sidecar was lost. */
export function factsOfId(id: string): { startedAt: Date; presenter: string; sessionId: number } {
  const [, date, hours, minutes, seconds, presenter, session] =
    /^(\d{4}-\d\d-\d\d)-(\d\d)(\d\d)(\d\d)-(.+)-(\d+)(?:~\d+)?$/u.exec(id)!;
  const startedAt = new Date(`${date}T${hours}:${minutes}:${seconds}`);
  return {
    startedAt: Number.isNaN(startedAt.getTime()) ? new Date(0) : startedAt,
    presenter: presenter!,
    sessionId: Number(session),
  };
}

/** The files that belong to one recording. */
export const filesOf = (dir: string, { id, container }: MediaName) => ({
  media: join(dir, `${id}.${container}`),
  part: join(dir, `${id}.part.${container}`),
  /** The better-ordered copy while it is made. */
  ordering: join(dir, `${id}.ordering.${container}`),
  sidecar: join(dir, `${id}.json`),
  thumbnail: join(dir, `${id}.jpg`),
});
