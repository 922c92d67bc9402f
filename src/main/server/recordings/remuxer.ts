import { stat } from 'node:fs/promises';
import { forkEntry, untilEnded } from '../child';
import type { RemuxJob } from './remux';

export type FromRemuxer =
  | { type: 'ready' }
  | { type: 'done'; durationMs: number }
  | { type: 'failed'; message: string };

/** A minute to begin, and 2 MB/s at least: the slowest of disks, read once and written twice. */
const BASE_LIMIT_MS = 60_000;
const BYTES_PER_MS = 2_000;

/**
 * `remux` in a process of its own (see remux-process.ts).
 * @returns how long the recording plays, ms
 * @throws Error with the reason; the signal's reason when it was aborted
 */
export async function remuxInProcess(job: RemuxJob, signal: AbortSignal): Promise<number> {
  const { size } = await stat(job.input);
  signal.throwIfAborted();
  const child = forkEntry('remux', 'remux-process', { lowPriority: true });
  const kill = () => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  const watchdog = setTimeout(kill, BASE_LIMIT_MS + size / BYTES_PER_MS);
  let outcome: FromRemuxer | undefined;
  child.on('message', (message: FromRemuxer) => {
    if (message.type === 'ready') child.send(job, () => {});
    else outcome = message;
  });
  try {
    const end = await untilEnded(child);
    if (outcome?.type === 'done') return outcome.durationMs;
    signal.throwIfAborted();
    throw new Error(outcome?.type === 'failed' ? outcome.message : `its process ended (${end})`);
  } finally {
    clearTimeout(watchdog);
    signal.removeEventListener('abort', kill);
  }
}
