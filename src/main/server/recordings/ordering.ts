import { rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Log } from '../log';
import { filesOf, type MediaName } from './names';
import type { RemuxJob } from './remux';
import { readSidecar, sidecarOfId, writeSidecar } from './sidecar';

/** Does the work of `remux`, wherever; rejects with the signal's reason when it aborts. */
export type Remuxer = (job: RemuxJob, signal: AbortSignal) => Promise<number>;

export interface OrderingOptions {
  remux: Remuxer;
  minFreeBytes: number;
  log: Log;
}

interface Job {
  name: MediaName;
  dir: string;
  abort: AbortController;
  done: Promise<void>;
  resolve: () => void;
}

/** Recordings wait for it on the disk, not in memory, and the next start finds what was left. */
const MAX_WAITING = 1_000;

/**
 * The background's work: finished recordings, which are playable but in fragments, are rewritten with their index at the front, one
 * after the other, and take their old place in one step. One that fails stays as it was.
 */
export class Ordering {
  private readonly waiting: Job[] = [];
  private current: Job | undefined;
  private running: Promise<void> | undefined;
  private closed = false;

  constructor(private readonly options: OrderingOptions) {}

  /** Resolves when it is done or given up; never rejects. */
  add(dir: string, name: MediaName): Promise<void> {
    if (this.closed || this.waiting.length >= MAX_WAITING) return Promise.resolve();
    let resolve = () => {};
    const done = new Promise<void>((settle) => {
      resolve = settle;
    });
    this.waiting.push({ name, dir, abort: new AbortController(), done, resolve });
    this.running ??= this.run();
    return done;
  }

  /** Before a recording is deleted. */
  async forget(id: string): Promise<void> {
    const at = this.waiting.findIndex(({ name }) => name.id === id);
    if (at >= 0) this.waiting.splice(at, 1)[0]!.resolve();
    if (this.current?.name.id !== id) return;
    this.current.abort.abort(new Error('the recording is being deleted'));
    await this.current.done;
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const job of this.waiting.splice(0)) job.resolve();
    this.current?.abort.abort(new Error('the server is stopping'));
    await this.running;
  }

  private async run(): Promise<void> {
    for (let job = this.waiting.shift(); job; job = this.waiting.shift()) {
      this.current = job;
      try {
        await this.order(job);
      } catch (error) {
        // It is as playable as before; the next start tries again.
        const why = error instanceof Error ? error.message : String(error);
        if (!job.abort.signal.aborted) this.options.log.warn(`${job.name.id} stays in fragments: ${why}`);
      } finally {
        this.current = undefined;
        job.resolve();
      }
    }
    this.running = undefined;
  }

  private async order({ name, dir, abort: { signal } }: Job): Promise<void> {
    const { media, ordering, sidecar } = filesOf(dir, name);
    const { size } = await stat(media);
    const { bavail, bsize } = await statfs(dirname(media));
    if (bavail * bsize < size + this.options.minFreeBytes) throw new Error('the disk has no room for a second copy');
    await rm(ordering, { force: true });
    signal.throwIfAborted();
    try {
      const durationMs = await this.options.remux(
        { input: media, output: ordering, container: name.container },
        signal,
      );
      signal.throwIfAborted();
      if (durationMs === 0) throw new Error('nothing in it can be read');
      await rename(ordering, media);
      // Read only now: it may have been given a title meanwhile.
      const known = (await readSidecar(sidecar)) ?? sidecarOfId(name.id);
      await writeSidecar(sidecar, { ...known, durationMs: known.durationMs ?? durationMs, ordered: true });
    } finally {
      await rm(ordering, { force: true });
    }
  }
}
