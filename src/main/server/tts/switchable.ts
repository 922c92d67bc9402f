import type { PcmChunk } from '../audio/frame';
import type { EngineStatus, Tts, TtsOptions, VoiceInfo } from './tts';

/**
 * A voice that can be exchanged while it speaks: sentences that have begun are finished by the engine that began them, the next
 * one comes from the new engine, and the old one is closed once nobody listens to it any more.
 */
export class SwitchableTts implements Tts {
  #current: Tts;
  /** Sentences under way, by engine; an engine is in here until it is closed. */
  readonly #speaking = new Map<Tts, number>();
  #closed: Promise<void> | undefined;

  constructor(first: Tts) {
    this.#current = first;
    this.#speaking.set(first, 0);
  }

  get name(): string {
    return this.#current.name;
  }

  async *stream(sentence: string, options: TtsOptions): AsyncGenerator<PcmChunk> {
    const engine = this.#current;
    this.#speaking.set(engine, (this.#speaking.get(engine) ?? 0) + 1);
    try {
      yield* engine.stream(sentence, options);
    } finally {
      this.#speaking.set(engine, (this.#speaking.get(engine) ?? 1) - 1);
      this.#retire(engine);
    }
  }

  async voices(signal: AbortSignal): Promise<VoiceInfo[]> {
    return (await this.#current.voices?.(signal)) ?? [];
  }

  status(): EngineStatus[] {
    return this.#current.status?.() ?? [{ engine: this.#current.name, state: 'unknown' }];
  }

  /** Speaks the next sentence with another engine, which is this object's to close from now on. */
  change(next: Tts): void {
    const before = this.#current;
    this.#current = next;
    this.#speaking.set(next, 0);
    if (this.#closed) void next.close();
    this.#retire(before);
  }

  close(): Promise<void> {
    this.#closed ??= Promise.allSettled([...this.#speaking.keys()].map((engine) => engine.close())).then(() => {});
    return this.#closed;
  }

  #retire(engine: Tts): void {
    if (engine === this.#current || (this.#speaking.get(engine) ?? 0) > 0) return;
    this.#speaking.delete(engine);
    // A worker that will not end is nobody's concern here: close() of an engine has its own deadline.
    engine.close().catch(() => {});
  }
}
