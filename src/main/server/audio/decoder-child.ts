import type { ChildLink } from '../child-link';
import { watchMemory } from '../child-memory';
import { HeraldError } from '../errors';
import type { FromDecoder, ToDecoder } from './decode-messages';

export type DecoderLink = ChildLink<ToDecoder, FromDecoder>;

export interface DecoderLimits {
  /** Longest that an upload may take to be looked at, or to be brought over piece by piece. */
  openMs: number;
  /** Longest wait for the next samples. */
  silenceMs: number;
  /** Memory of the process, without three times the upload that it holds. */
  memoryBytes: number;
}

/** Small enough that the event loop breathes between two of them. */
const PART_BYTES = 256 * 1024;
/** Samples that may be on their way: 4 s, less than a megabyte. */
const AHEAD_SAMPLES = 4 * 48_000;

/** The process is gone, and with it what it was at. */
class DecoderGone extends Error {
  override readonly name = 'DecoderGone';
}

/** One decoder process under watch. It has one upload at a time; calls are not to overlap. */
export class DecoderChild {
  /** Whose upload it has open; undefined while it has none. */
  holder: object | undefined;
  /** Uploads that were brought over to it. */
  served = 0;
  /** Resolves when the process has ended. */
  readonly gone: Promise<void>;
  private readonly inbox: FromDecoder[] = [];
  private wake = () => {};
  private id = 0;
  private uploadBytes = 0;
  private endedBecause: string | undefined;
  private killedBecause: string | undefined;

  constructor(
    private readonly link: DecoderLink,
    private readonly limits: DecoderLimits,
  ) {
    link.hold(false);
    link.onMessage((message) => {
      if (message.type === 'memory') return this.checkMemory(message.rssBytes);
      if (message.id !== this.id) return;
      this.inbox.push(message);
      this.wake();
    });
    const unwatch = watchMemory(link.pid, (rssBytes) => this.checkMemory(rssBytes));
    this.gone = new Promise((resolve) => {
      link.onExit((why) => {
        unwatch();
        this.endedBecause = this.killedBecause ?? why;
        this.wake();
        resolve();
      });
    });
  }

  get pid(): number | undefined {
    return this.link.pid;
  }

  /** It is gone, or will be in a moment. */
  get ended(): boolean {
    return this.endedBecause !== undefined || this.killedBecause !== undefined;
  }

  /**
   * Brings an upload over and looks at it.
   * @throws HeraldError('refused') when the file is at fault, its process having died of it included; the signal's reason
   */
  async open(bytes: Uint8Array, maxMinutes: number, signal: AbortSignal) {
    const id = ++this.id;
    this.served++;
    this.inbox.length = 0;
    this.uploadBytes = bytes.length;
    const totalBytes = bytes.length;
    let at = 0;
    do {
      const data = bytes.subarray(at, at + PART_BYTES);
      await this.within(this.link.send({ type: 'bytes', id, at, totalBytes, data }), signal);
      at += PART_BYTES;
    } while (at < totalBytes);
    void this.link.send({ type: 'open', id, maxMinutes });
    const answer = await this.answer(this.limits.openMs, signal);
    if (answer.type !== 'opened') throw faultOf(answer);
    const { durationMs, truncated } = answer;
    return { durationMs, truncated };
  }

  /**
   * Mono PCM at 48 kHz of what is open. At most four seconds are made ahead of whoever reads.
   * @returns whether the file breaks off
   * @throws as `open`
   */
  async *read(signal: AbortSignal): AsyncGenerator<Float32Array, boolean> {
    const { id } = this;
    const allow = (samples: number) => void this.link.send({ type: 'more', id, samples });
    allow(AHEAD_SAMPLES);
    for (;;) {
      const answer = await this.answer(this.limits.silenceMs, signal);
      if (answer.type === 'end') return answer.truncated;
      if (answer.type !== 'pcm') throw faultOf(answer);
      yield answer.samples;
      allow(answer.samples.length);
    }
  }

  /** Lets go of what it has, so that it can be given another upload. Resolves false when the process has ended. */
  async clear(): Promise<boolean> {
    this.holder = undefined;
    if (this.ended) return false;
    void this.link.send({ type: 'close', id: this.id });
    try {
      while ((await this.answer(this.limits.silenceMs)).type !== 'closed');
      this.uploadBytes = 0;
      return true;
    } catch {
      return false;
    }
  }

  kill(why: string): void {
    if (this.ended) return;
    this.killedBecause = why;
    this.link.kill();
  }

  /** The next message about the upload. */
  private answer(limitMs: number, signal?: AbortSignal): Promise<Exclude<FromDecoder, { type: 'memory' }>> {
    return this.watched(limitMs, signal, () => {
      const message = this.inbox.shift();
      return message?.type === 'memory' ? undefined : message;
    });
  }

  private async within(sending: Promise<void>, signal: AbortSignal): Promise<void> {
    let sent = false;
    void sending.then(() => {
      sent = true;
      this.wake();
    });
    await this.watched(this.limits.openMs, signal, () => sent || undefined);
  }

  /** Waits until `look` finds something. Whoever waits for the process keeps the server up; too long a wait ends the process. */
  private async watched<T>(limitMs: number, signal: AbortSignal | undefined, look: () => T | undefined): Promise<T> {
    const onAbort = () => this.wake();
    const timer = setTimeout(() => this.kill(`it did nothing for ${limitMs / 1_000} s`), limitMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    this.link.hold(true);
    try {
      for (;;) {
        signal?.throwIfAborted();
        const found = look();
        if (found !== undefined) return found;
        if (this.endedBecause !== undefined) throw new DecoderGone(this.endedBecause);
        await new Promise<void>((resolve) => (this.wake = resolve));
      }
    } catch (error) {
      throw error instanceof DecoderGone ? crashed(error.message) : error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      this.link.hold(false);
    }
  }

  private checkMemory(rssBytes: number): void {
    const limitBytes = this.limits.memoryBytes + 3 * this.uploadBytes;
    if (rssBytes > limitBytes) this.kill(`it took more than ${Math.round(limitBytes / 1e6)} MB of memory`);
  }
}

function crashed(why: string): HeraldError {
  const what = `The decoder ended while it was reading this file (${why}), and nothing else with it.`;
  return new HeraldError('refused', `${what} Convert the file, to wav for instance, and send it again.`);
}

function faultOf(answer: FromDecoder): Error {
  if (answer.type !== 'failed') return new Error(`the decoder process said ${answer.type}`);
  return answer.refused ? new HeraldError('refused', answer.message) : new Error(answer.message);
}
