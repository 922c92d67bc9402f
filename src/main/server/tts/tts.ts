import type { PcmChunk } from '../audio/frame';

export interface TtsOptions {
  /** Engine-specific voice name; the engine's default when absent. */
  voice?: string;
  /** 1 = the voice's own speed. */
  speed?: number;
  signal: AbortSignal;
}

/**
 * A voice engine. `stream` yields mono PCM in order as soon as it exists; it stops (by returning or by throwing the
 * signal's reason) soon after `signal` aborts. Empty audio for a text that has something to say is a failure: throw.
 */
export interface Tts {
  readonly name: string;
  stream(sentence: string, options: TtsOptions): AsyncIterable<PcmChunk>;
  /** Ends workers and sockets. Idempotent. */
  close(): Promise<void>;
}
