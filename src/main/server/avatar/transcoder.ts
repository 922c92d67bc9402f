import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname } from 'node:path';
import { forkEntry, untilEnded } from '../child';
import { watchMemory } from '../child-memory';
import { HeraldError } from '../errors';
import type { TranscodeJob } from './transcode';

export type ToTranscoder = TranscodeJob;
export type FromTranscoder =
  | { type: 'ready' }
  | { type: 'picture'; index: number }
  | { type: 'done' }
  | { type: 'failed'; message: string; ofPicture: boolean };

export interface TranscodeOptions {
  /** Called after each picture. */
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
  /** Memory of the process, without that of the pictures that it is at. */
  memoryBytes?: number;
}

/** More would only wait for the disk. */
const MAX_LANES = 4;
/** A picture takes 60 ms of CPU; a process that is silent for so long is stuck, however busy the machine is. */
const SILENCE_LIMIT_MS = 60_000;
const MEMORY_BYTES = 512 * 1024 * 1024;
/** A picture as it is decoded (RGBA, 16 bit), turned, and encoded, with its scaler's lines. */
const BYTES_PER_PIXEL = 32;

/**
 * Converts a folder's images in a process of its own (see transcode-process.ts).
 * @throws HeraldError('malformed') that names the image; the signal's reason when it was aborted
 */
export async function transcodeInProcess(
  job: Omit<TranscodeJob, 'lanes'>,
  { onProgress = () => {}, signal, memoryBytes = MEMORY_BYTES }: TranscodeOptions = {},
): Promise<void> {
  signal?.throwIfAborted();
  const child = forkEntry('transcode', 'transcode-process', { lowPriority: true });
  const kill = () => void child.kill('SIGKILL');
  const lanes = Math.min(MAX_LANES, availableParallelism());
  const limitBytes = memoryBytes + lanes * job.widthPx * job.heightPx * BYTES_PER_PIXEL;
  let tooLarge = false;
  const unwatch = watchMemory(child.pid, (rssBytes) => {
    if (rssBytes <= limitBytes) return;
    tooLarge = true;
    kill();
  });
  signal?.addEventListener('abort', kill, { once: true });
  const watchdog = setTimeout(kill, SILENCE_LIMIT_MS);
  let done = 0;
  let outcome: FromTranscoder | undefined;
  const total = job.files.length;
  child.on('message', (message: FromTranscoder) => {
    watchdog.refresh();
    if (message.type === 'ready') {
      child.send({ ...job, lanes } satisfies ToTranscoder, () => {});
    } else if (message.type === 'picture') onProgress(++done, total);
    else outcome = message;
  });
  try {
    const end = await untilEnded(child);
    if (outcome?.type === 'done') return;
    signal?.throwIfAborted();
    if (outcome?.type === 'failed') {
      const { message, ofPicture } = outcome;
      if (ofPicture) throw new HeraldError('malformed', `${message}. Replace it, or generate the avatar again.`);
      const where = dirname(job.outFile);
      throw new HeraldError('refused', `the pictures cannot be kept in ${where} (${message}). Make room there.`);
    }
    const near = basename(job.files[Math.min(done, total - 1)] ?? '');
    const why = tooLarge ? `it took more than ${Math.round(limitBytes / 1e6)} MB of memory` : end;
    throw new HeraldError('malformed', `the picture converter ended (${why}) near ${near}. Try again, or replace it.`);
  } finally {
    clearTimeout(watchdog);
    unwatch();
    signal?.removeEventListener('abort', kill);
    if (outcome?.type !== 'done') await rm(job.outFile, { force: true });
  }
}
