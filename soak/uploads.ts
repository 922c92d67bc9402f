import { randomBytes } from 'node:crypto';
import { encodeAudio } from '../testing/audio-files';
import type { UploadName } from './plan';

/** What actors send to /humanaudio: speech-long tones in three formats, and what is no sound at all. */
export const uploads = (): Map<UploadName, Buffer> =>
  new Map<UploadName, Buffer>([
    ['tone.wav', encodeAudio({ kind: 'wav', samples: 3 * 44_100 })],
    ['tone.mp3', encodeAudio({ kind: 'mp3', samples: 4 * 44_100 })],
    ['tone.opus', encodeAudio({ kind: 'opus', samples: 2 * 48_000 })],
    ['garbage.mp3', randomBytes(30_000)],
    ['empty.wav', Buffer.alloc(0)],
  ]);
