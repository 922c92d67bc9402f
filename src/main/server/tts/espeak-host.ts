import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { entry } from '../entries';
import { HeraldError } from '../errors';
import { track } from '../metrics/native';
import { Watchdog } from '../watchdog';
import type { EspeakJob, EspeakReply, Phoneme } from './espeak-protocol';
import type { EspeakCatalogue } from './espeak-voices';
import { Parts } from './parts';

/** Waiting jobs beyond this are refused: at ~15 ms a sentence, this many means that something else is wrong. */
const MAX_JOBS = 256;
const START_DEADLINE_MS = 30_000;
/** A job takes milliseconds; a worker that says nothing for this long is stuck. */
const SILENCE_DEADLINE_MS = 15_000;

interface Active {
  cancel: Int32Array;
  parts: Parts<EspeakPart>;
}

export interface EspeakPart {
  samples: Float32Array;
  phonemes: Phoneme[];
}

const closedError = () => new HeraldError('refused', 'The offline voice is closed.');

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
  });
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function espeakWorker(): Worker {
  const { file, execArgv } = entry('espeak-worker');
  if (execArgv.length === 0) return new Worker(file);
  // Sources (tests, benches): see from-source.mjs. A path rather than `new URL(...)`, which the bundler would follow.
  return new Worker(join(dirname(file), 'from-source.mjs'), { workerData: { entry: pathToFileURL(file).href } });
}

/**
 * Owns the worker thread that runs espeak-ng: starts it when first needed, replaces it after a crash, and runs jobs one
 * after the other. What a job has made waits here, bounded by the length of its text.
 */
export class EspeakHost {
  #worker: Worker | undefined;
  #release = () => {};
  #ready: Promise<EspeakCatalogue> | undefined;
  #failStart: (error: Error) => void = () => {};
  readonly #watchdog = new Watchdog();
  #jobs = new Map<number, Active>();
  #nextId = 1;
  #closed = false;
  readonly #createWorker: () => Worker;

  constructor(createWorker: () => Worker = espeakWorker) {
    this.#createWorker = createWorker;
  }

  /**
   * What can be spoken; starts the worker when it is not running. An abort ends the wait, not the start.
   * @throws HeraldError('refused') when the worker cannot start, the signal's reason when aborted.
   */
  async catalogue(signal?: AbortSignal): Promise<EspeakCatalogue> {
    if (this.#closed) throw closedError();
    this.#ready ??= this.#start();
    return signal ? unlessAborted(this.#ready, signal) : this.#ready;
  }

  /** Ids of the worker and of its jobs, for tests and health. */
  get state(): { threadId: number | undefined; jobs: number } {
    return { threadId: this.#worker?.threadId, jobs: this.#jobs.size };
  }

  /**
   * Runs one job and yields what it makes. Leaving the loop or aborting the signal stops the synthesis itself.
   * @throws HeraldError('refused') when the voice fails, the signal's reason when aborted.
   */
  async *run(job: Omit<EspeakJob, 'id' | 'cancel'>, signal: AbortSignal): AsyncGenerator<EspeakPart> {
    await this.catalogue(signal);
    const worker = this.#worker;
    if (!worker) throw this.#closed ? closedError() : new HeraldError('refused', 'The offline voice is not running.');
    if (this.#jobs.size >= MAX_JOBS) throw new HeraldError('refused', 'The offline voice has too much to say at once.');

    const id = this.#nextId++;
    const cancel = new SharedArrayBuffer(4);
    const active: Active = { cancel: new Int32Array(cancel), parts: new Parts() };
    this.#jobs.set(id, active);
    worker.ref();
    this.#watch();
    try {
      worker.postMessage({ ...job, id, cancel } satisfies EspeakJob);
      yield* active.parts.take(signal); // which ends: the watchdog guarantees it
    } finally {
      // The entry stays until the worker has answered, so that the worker is not taken for idle meanwhile.
      if (!active.parts.ended) Atomics.store(active.cancel, 0, 1);
      active.parts.end();
    }
  }

  /** Ends the worker; running jobs fail. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#stop(closedError());
  }

  #start(): Promise<EspeakCatalogue> {
    const worker = this.#createWorker();
    this.#worker = worker;
    this.#release = track('espeak-worker');
    const ready = new Promise<EspeakCatalogue>((resolve, reject) => {
      this.#failStart = reject;
      worker.on('message', (reply: EspeakReply) => {
        if (this.#worker !== worker) return;
        if (reply.type === 'ready') resolve(reply.catalogue);
        else this.#onReply(reply);
        this.#watch();
      });
    });
    // A start that nobody waits for (a warm-up) may fail without being an unhandled rejection.
    ready.catch(() => {});
    worker.on('error', (error) => this.#onEnd(worker, error instanceof Error ? error.message : String(error)));
    worker.on('exit', (code) => this.#onEnd(worker, `exit code ${code}`));
    this.#watchdog.arm(START_DEADLINE_MS, () => this.#onEnd(worker, 'it did not start in time'));
    return ready;
  }

  #onReply(reply: Exclude<EspeakReply, { type: 'ready' }>): void {
    const parts = this.#jobs.get(reply.id)?.parts;
    if (!parts) return;
    if (reply.type === 'audio') {
      parts.add(reply);
      return;
    }
    this.#jobs.delete(reply.id);
    const failed = reply.type === 'failed';
    parts.end(failed ? new HeraldError('refused', `The offline voice failed: ${reply.message}`) : undefined);
  }

  /** Re-arms the watchdog while there is work, and lets the process exit while there is none. */
  #watch(): void {
    this.#watchdog.stop();
    const worker = this.#worker;
    if (!worker) return;
    if (this.#jobs.size === 0) {
      worker.unref();
      return;
    }
    this.#watchdog.arm(SILENCE_DEADLINE_MS, () => this.#onEnd(worker, 'it hung'));
  }

  #onEnd(worker: Worker, why: string): void {
    if (this.#worker !== worker) return;
    const message = `The offline voice stopped (${why}); the next sentence starts it again.`;
    void this.#stop(new HeraldError('refused', message));
  }

  async #stop(error: Error): Promise<void> {
    this.#watchdog.stop();
    const worker = this.#worker;
    this.#worker = undefined;
    this.#ready = undefined;
    this.#failStart(error);
    const jobs = [...this.#jobs.values()];
    this.#jobs.clear();
    for (const { parts } of jobs) parts.end(error);
    const release = this.#release;
    this.#release = () => {};
    await worker?.terminate();
    release();
  }
}
