import type { PcmChunk } from '../audio/frame';
import type { EngineStatus, Tts, TtsOptions, VoiceInfo, VoiceSettings } from './tts';

/** A voice that speaks as the settings say wherever a text does not say it itself. */
export class DefaultedTts implements Tts {
  readonly #inner: Tts;
  readonly #defaults: VoiceSettings;
  readonly #ignoreVoice: boolean;

  /** @param ignoreVoice for an engine in another's place: voice names are the other's and mean nothing to it. */
  constructor(inner: Tts, defaults: VoiceSettings, { ignoreVoice = false } = {}) {
    this.#inner = inner;
    this.#defaults = defaults;
    this.#ignoreVoice = ignoreVoice;
  }

  get name(): string {
    return this.#inner.name;
  }

  stream(sentence: string, options: TtsOptions): AsyncIterable<PcmChunk> {
    const own = Object.entries(options).filter(
      ([key, value]) => value !== undefined && !(this.#ignoreVoice && key === 'voice'),
    );
    return this.#inner.stream(sentence, { ...this.#defaults, ...(Object.fromEntries(own) as unknown as TtsOptions) });
  }

  async voices(signal: AbortSignal): Promise<VoiceInfo[]> {
    return (await this.#inner.voices?.(signal)) ?? [];
  }

  status(): EngineStatus[] {
    return this.#inner.status?.() ?? [{ engine: this.#inner.name, state: 'unknown' }];
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
