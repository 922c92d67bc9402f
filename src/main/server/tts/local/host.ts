import type { ProviderError } from '../../provider-error';
import { Watchdog } from '../../watchdog';
import { Parts } from '../parts';
import { fault } from './fault';
import type { FromVoice, LoadedVoice, SherpaConfig, VoiceJob } from './messages';
import { forkVoice, type VoiceProcess } from './voice-fork';

export interface VoiceHostOptions {
  /** The model's name, for errors. */
  name: string;
  /** What to load; it may take the time to make files ready. @throws ProviderError */
  config: () => Promise<SherpaConfig>;
  start?: () => VoiceProcess;
  /** A model that is not loaded after this long is given up. */
  loadLimitMs?: number;
  /** A process that owes speech and sends nothing for so long is replaced. */
  silenceLimitMs?: number;
}

/** Sentences wait here one after the other; so many means that nobody listens to them. */
const MAX_JOBS = 64;

/**
 * One model in a process of its own: starts it when first needed, keeps it, and replaces it with the next sentence when it dies.
 * What a job has made waits here, bounded by the length of its text.
 */
export class VoiceHost {
  readonly #options: Required<VoiceHostOptions>;
  readonly #jobs = new Map<number, Parts<Float32Array>>();
  #process: VoiceProcess | undefined;
  /** It, and those before it that were killed and are not gone yet. */
  readonly #living = new Set<VoiceProcess>();
  #ready: Promise<LoadedVoice> | undefined;
  #failStart: (error: Error) => void = () => {};
  #loaded = false;
  #waiting = 0;
  readonly #watchdog = new Watchdog();
  #nextId = 1;
  #closed: Promise<void> | undefined;
  #onGone: (() => void) | undefined;
  #speech = { synthesisMs: 0, speechMs: 0 };

  constructor(options: VoiceHostOptions) {
    this.#options = { start: forkVoice, loadLimitMs: 60_000, silenceLimitMs: 30_000, ...options };
  }

  get state(): { pid: number | undefined; loaded: boolean; jobs: number } {
    return { pid: this.#process?.pid, loaded: this.#loaded, jobs: this.#jobs.size };
  }

  /** Whether nobody waits for it or for what it says. */
  get idle(): boolean {
    return this.#jobs.size === 0 && this.#waiting === 0;
  }

  /** How much has been spoken, and the time that each second of it has cost (undefined before the first). */
  get speed(): { speechMs: number; realTimeFactor: number | undefined } {
    const { synthesisMs, speechMs } = this.#speech;
    return { speechMs, realTimeFactor: speechMs > 0 ? synthesisMs / speechMs : undefined };
  }

  /** Loads the model unless it is. An abort ends the wait, not the loading. @throws ProviderError; the signal's reason */
  async ready(signal: AbortSignal): Promise<LoadedVoice> {
    signal.throwIfAborted();
    if (this.#closed) throw this.#unloaded();
    this.#ready ??= this.#start();
    let stop = () => {};
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason);
    });
    signal.addEventListener('abort', stop, { once: true });
    this.#waiting++;
    try {
      return await Promise.race([this.#ready, aborted]);
    } finally {
      this.#waiting--;
      signal.removeEventListener('abort', stop);
    }
  }

  /**
   * Speaks one job, piece by piece. Leaving the loop or aborting the signal ends the synthesis with the piece under way.
   * @throws ProviderError; the signal's reason
   */
  async *run(job: Omit<VoiceJob, 'id'>, signal: AbortSignal): AsyncGenerator<Float32Array> {
    await this.ready(signal);
    const process = this.#process;
    if (!process) throw this.#closed ? this.#unloaded() : this.#died('it ended');
    if (this.#jobs.size >= MAX_JOBS) {
      throw fault(`${MAX_JOBS} sentences wait for it already`, 'Say less at once.', { ofRequest: true });
    }
    const id = this.#nextId++;
    const parts = new Parts<Float32Array>();
    this.#jobs.set(id, parts);
    this.#watch();
    try {
      process.send({ type: 'speak', job: { ...job, id } });
      yield* parts.take(signal); // which ends: the watchdog guarantees it
    } finally {
      // The entry stays until the process has answered: it is at work until then.
      if (!parts.ended) process.send({ type: 'cancel', id });
      parts.end();
    }
  }

  /** Ends the process and waits until it is gone; running jobs fail. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= new Promise<void>((done) => {
      this.#end(this.#unloaded());
      if (this.#living.size === 0) return done();
      this.#onGone = done;
      for (const process of this.#living) {
        process.hold(true);
        process.kill();
      }
    });
    return this.#closed;
  }

  async #start(): Promise<LoadedVoice> {
    const ready = this.#launch();
    // Nobody may be waiting any more when it fails.
    ready.catch(() => {});
    return ready;
  }

  async #launch(): Promise<LoadedVoice> {
    let config: SherpaConfig;
    try {
      config = await this.#options.config();
    } catch (error) {
      this.#ready = undefined;
      throw error;
    }
    if (this.#closed) throw this.#unloaded();
    return new Promise<LoadedVoice>((resolve, reject) => {
      const process = this.#options.start();
      this.#process = process;
      this.#living.add(process);
      this.#failStart = reject;
      process.onMessage((message) => {
        if (this.#process === process) this.#receive(message, resolve);
      });
      process.onExit((why) => {
        this.#living.delete(process);
        if (this.#process === process) this.#end(this.#died(why));
        if (this.#living.size === 0) this.#onGone?.();
      });
      process.send({ type: 'load', config });
      this.#arm(this.#options.loadLimitMs, 'it took too long to load');
    });
  }

  #receive(message: FromVoice, resolve: (voice: LoadedVoice) => void): void {
    if (message.type === 'loaded') {
      const { type: _, ...voice } = message;
      this.#loaded = true;
      resolve(voice);
    } else if (message.type === 'refused') {
      const process = this.#process;
      this.#end(fault(`"${this.#options.name}" cannot speak: ${message.reason}`, message.remedy));
      process?.kill();
      return;
    } else this.#answer(message);
    this.#watch();
  }

  #answer(message: Exclude<FromVoice, { type: 'loaded' | 'refused' }>): void {
    const parts = this.#jobs.get(message.id);
    if (!parts) return;
    if (message.type === 'audio') {
      parts.add(message.samples);
      return;
    }
    this.#jobs.delete(message.id);
    if (message.type === 'failed') {
      const remedy = 'Another sentence may do well; if not, choose another voice.';
      parts.end(fault(`"${this.#options.name}" could not say this: ${message.reason}`, remedy));
    } else {
      this.#speech.synthesisMs += message.synthesisMs;
      this.#speech.speechMs += message.speechMs;
      parts.end();
    }
  }

  /** Re-arms the watchdog while there is work, and lets the server end while there is none. */
  #watch(): void {
    this.#watchdog.stop();
    this.#process?.hold(this.#jobs.size > 0);
    if (this.#jobs.size > 0) this.#arm(this.#options.silenceLimitMs, 'it hung');
  }

  #arm(limitMs: number, why: string): void {
    this.#watchdog.arm(limitMs, () => {
      const process = this.#process;
      this.#end(this.#died(`${why} (${limitMs / 1_000} s)`));
      process?.kill();
    });
  }

  #died(why: string): ProviderError {
    const { name } = this.#options;
    if (!this.#loaded) {
      return fault(`"${name}" could not be loaded (${why})`, 'Check its files, or download the voice again.');
    }
    return fault(`the voice process of "${name}" ended (${why})`, 'The next sentence starts it again.', {
      retrySafe: true,
    });
  }

  #unloaded(): ProviderError {
    return fault(`"${this.#options.name}" is not loaded any more`, 'The next sentence loads it again.', {
      ofRequest: true,
    });
  }

  /** Forgets the process, whatever becomes of it, and fails all that waits for it. */
  #end(error: Error): void {
    this.#watchdog.stop();
    this.#process = undefined;
    this.#ready = undefined;
    this.#loaded = false;
    this.#failStart(error);
    for (const parts of this.#jobs.values()) parts.end(error);
    this.#jobs.clear();
  }
}
