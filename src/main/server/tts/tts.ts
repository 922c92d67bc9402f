import type { Told } from '../../../shared/told';
import type { PcmChunk } from '../audio/frame';
import type { ProviderError } from '../provider-error';

/** How a text is to be spoken. Everything is optional: an engine has its own defaults, and ignores what it does not offer. */
export interface VoiceSettings {
  /** Engine-specific voice name. */
  voice?: string;
  /** 1 = the voice's own speed; 0.5 to 2. */
  speed?: number;
  /** Semitones up or down from the voice's own pitch; -12 to 12. */
  pitchSemitones?: number;
  /** A recording whose voice is to be copied, and what it says (`refaudio`, `reftext` of /offer). */
  referenceAudio?: string;
  referenceText?: string;
  /** The other keys of the `tts` object of /human, merged into the request by engines that send a JSON body or form. */
  extra?: Record<string, unknown>;
}

export interface TtsOptions extends VoiceSettings {
  signal: AbortSignal;
  /**
   * What the sentence is part of, or answers. An engine that chooses a voice by the script of a text looks at this as well, so
   * that an English sentence in a Chinese text does not come from another person.
   */
  context?: string;
  /** An engine failed; `next` is the one that speaks instead, undefined where none is left. */
  onFault?(fault: ProviderError, next?: string): void;
  /** Which engine the sound that follows comes from. */
  onEngine?(engine: string): void;
}

export interface VoiceInfo {
  /** What `voice` takes. */
  id: string;
  name: string;
  /** BCP 47, e.g. `zh-CN`; absent where the engine does not tell. */
  language?: string;
  gender?: 'female' | 'male';
}

/** What an engine is up to, for /api/voices and /api/health. */
export interface EngineStatus {
  engine: string;
  state: 'ready' | 'unknown' | 'failing';
  /** Why it is failing and what to do. */
  problem?: string;
  /** Its two sentences by key. */
  told?: Told;
  toldRemedy?: Told;
  /** When it will be asked again. */
  retryInMs?: number;
}

/**
 * A voice engine. `stream` yields mono PCM in order as soon as it exists; it stops (by returning or by throwing the
 * signal's reason) soon after `signal` aborts, and closes its connection when the consumer stops early. Empty audio for a text
 * that has something to say is a failure. Failures of a service are `ProviderError`s of part `voice`.
 */
export interface Tts {
  readonly name: string;
  stream(sentence: string, options: TtsOptions): AsyncIterable<PcmChunk>;
  /** Voices to choose from; absent where the engine cannot tell. @throws ProviderError */
  voices?(signal: AbortSignal): Promise<VoiceInfo[]>;
  /** The engines behind it, best first; absent for a plain engine. */
  status?(): EngineStatus[];
  /** Ends workers and sockets. Idempotent. */
  close(): Promise<void>;
}
