import { SAMPLE_RATE_HZ } from '../../../shared/units';
import { linkTo } from '../child-link';
import { HeraldError } from '../errors';
import type { DecodedAudio, OpenAudioOptions } from './decode';
import { DecoderChild, type DecoderLimits, type DecoderLink } from './decoder-child';
import type { PcmChunk } from './frame';

export interface DecodeHostOptions extends Partial<DecoderLimits> {
  start?: () => DecoderLink;
  /** A process that nobody has needed for so long is ended. */
  keepMs?: number;
}

/** Uploads that are looked at side by side; others wait. Those that are being played are as many as sessions speak. */
const MAX_OPENING = 2;
/** Those that wait have all of their bytes here. */
const MAX_WAITING = 32;
/** A process that has served so many is replaced: FFmpeg forgets 0.15 MB with each (measured). */
const MAX_SERVED = 200;
/** Processes that are kept while nobody needs them. */
const MAX_IDLE = 2;
const DEFAULT_MAX_MINUTES = 60;

/**
 * Opens uploads as `openAudio` does, in processes of their own: one each while it is looked at or played, so that a file that makes
 * FFmpeg crash, hang or eat memory costs its own request alone. The first starts a process (0.2 s of CPU), which is kept for those
 * that follow: to them it costs a copy of their bytes, and takes their decoding off the server's event loop.
 */
export class DecodeHost {
  private readonly start: () => DecoderLink;
  private readonly limits: DecoderLimits;
  private readonly keepMs: number;
  private readonly living = new Set<DecoderChild>();
  private readonly idle: DecoderChild[] = [];
  private readonly waiting: (() => void)[] = [];
  private opening = 0;
  private keeping: NodeJS.Timeout | undefined;
  private closed = false;

  constructor({ start = forkDecoder, keepMs = 60_000, ...limits }: DecodeHostOptions = {}) {
    this.start = start;
    this.keepMs = keepMs;
    this.limits = { openMs: 30_000, silenceMs: 30_000, memoryBytes: 512 * 1024 * 1024, ...limits };
  }

  /** Processes that run, and how many of them have nothing to do. */
  get state(): { pids: number[]; idle: number } {
    return { pids: [...this.living].map(({ pid }) => pid ?? 0), idle: this.idle.length };
  }

  /**
   * `bytes` must not change until the audio is closed.
   * @throws HeraldError('refused') as `openAudio`, and when its process ended over it; the signal's reason when aborted
   */
  async open(bytes: Uint8Array, options: OpenAudioOptions = {}): Promise<DecodedAudio> {
    const { maxMinutes = DEFAULT_MAX_MINUTES, signal = new AbortController().signal } = options;
    await this.awaitTurn(signal);
    try {
      signal.throwIfAborted();
      return await IsolatedAudio.open(this, bytes, maxMinutes, signal);
    } finally {
      this.opening--;
      this.waiting.shift()?.();
    }
  }

  /** Ends all processes and waits until they are gone; whoever reads is told. Idempotent. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.keeping);
    this.idle.length = 0;
    for (const wake of this.waiting.splice(0)) wake();
    for (const child of this.living) child.kill('the server is closing');
    await Promise.all([...this.living].map(({ gone }) => gone));
  }

  /** A process for this audio alone, until it is given back: the one that has it open already, or one that has nothing open. */
  async take(audio: object): Promise<DecoderChild> {
    for (;;) {
      if (this.closed) throw new HeraldError('refused', 'The server is closing.');
      const find = (wanted: object | undefined) => this.idle.find(({ holder }) => holder === wanted);
      const child = find(audio) ?? find(undefined) ?? this.idle[0];
      if (!child) return this.begin();
      this.idle.splice(this.idle.indexOf(child), 1);
      if (child.holder === audio && !child.ended) return child;
      // It has somebody's upload open who has not come to read it yet: that one is brought over again then.
      if (child.holder === undefined ? !child.ended : await child.clear()) return child;
    }
  }

  give(child: DecoderChild): void {
    if (child.ended || this.closed) return;
    if (child.served >= MAX_SERVED && child.holder === undefined) {
      child.kill('it has served enough');
      return;
    }
    this.idle.push(child);
    while (this.idle.length > MAX_IDLE) {
      // Rather one that nobody's upload is open in.
      const at = this.idle.findIndex(({ holder }) => holder === undefined);
      this.idle.splice(Math.max(0, at), 1)[0]!.kill('it is not needed');
    }
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => {
      for (const idle of this.idle.splice(0)) idle.kill('it is not needed');
    }, this.keepMs).unref();
  }

  /** Nobody will read this audio any more. */
  forget(audio: object): void {
    const at = this.idle.findIndex(({ holder }) => holder === audio);
    const [child] = at < 0 ? [] : this.idle.splice(at, 1);
    if (child) void this.retrieve(child);
  }

  /** As `give`, for a process that is still at an upload which nobody wants any more. */
  async retrieve(child: DecoderChild): Promise<void> {
    if (await child.clear()) this.give(child);
  }

  private begin(): DecoderChild {
    const child = new DecoderChild(this.start(), this.limits);
    this.living.add(child);
    void child.gone.then(() => {
      this.living.delete(child);
      const at = this.idle.indexOf(child);
      if (at >= 0) this.idle.splice(at, 1);
    });
    return child;
  }

  private async awaitTurn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.opening++ < MAX_OPENING) return;
    this.opening--;
    if (this.waiting.length >= MAX_WAITING) {
      throw new HeraldError('limit', 'too many uploads are being looked at: try again in a moment', 2);
    }
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => {
        this.waiting.splice(this.waiting.indexOf(go), 1);
        reject(signal.reason);
      };
      const go = () => {
        signal.removeEventListener('abort', onAbort);
        this.opening++;
        resolve();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.waiting.push(go);
    });
  }
}

/** An upload that a process has looked at. It is sent there once more where another one has taken its place meanwhile. */
class IsolatedAudio implements DecodedAudio {
  durationMs = 0;
  truncated = false;
  private readonly closing = new AbortController();
  private isRead = false;
  /** The process that it is being read from. */
  private child: DecoderChild | undefined;

  private constructor(
    private readonly host: DecodeHost,
    private readonly bytes: Uint8Array,
    private readonly maxMinutes: number,
  ) {}

  static async open(host: DecodeHost, bytes: Uint8Array, maxMinutes: number, signal: AbortSignal) {
    const audio = new IsolatedAudio(host, bytes, maxMinutes);
    const child = await host.take(audio);
    try {
      Object.assign(audio, await child.open(bytes, maxMinutes, signal));
      child.holder = audio;
      host.give(child);
      return audio;
    } catch (error) {
      void host.retrieve(child);
      throw error;
    }
  }

  chunks(): AsyncIterable<PcmChunk> {
    if (this.isRead) throw new Error('an opened audio can be read once');
    this.isRead = true;
    return this.read();
  }

  async close(): Promise<void> {
    this.closing.abort(new Error('the audio was closed'));
    // Whoever reads may have stopped between two chunks, never to come back.
    if (this.child) this.release();
    else this.host.forget(this);
  }

  private release(): void {
    const { child } = this;
    this.child = undefined;
    if (child) void this.host.retrieve(child);
  }

  private async *read(): AsyncGenerator<PcmChunk> {
    const { signal } = this.closing;
    if (signal.aborted) return;
    const child = await this.host.take(this);
    this.child = child;
    try {
      if (child.holder !== this) await child.open(this.bytes, this.maxMinutes, signal);
      const pcm = child.read(signal);
      for (let part = await pcm.next(); ; part = await pcm.next()) {
        if (part.done) {
          this.truncated ||= part.value;
          return;
        }
        yield { samples: part.value, sampleRateHz: SAMPLE_RATE_HZ };
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.release();
    }
  }
}

const forkDecoder = (): DecoderLink => linkTo('decode', 'decode-process');
