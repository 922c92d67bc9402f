import type { EspeakCatalogue } from './espeak-voices';

export const ESPEAK_RATE_HZ = 22_050;

/** Main thread -> worker: one piece of text, read by one voice. */
export interface EspeakJob {
  id: number;
  /** Already made safe by `espeakText`. */
  text: string;
  /** A voice name that espeak-ng knows, e.g. `gmw/en-US+f3`. */
  voice: string;
  rateWpm: number;
  /** espeak-ng's own scale: 0 to 99; 50, the voice's own pitch, where absent. */
  pitch?: number;
  /** One Int32: non-zero stops the job in the middle of synthesis, without ending the worker. */
  cancel: SharedArrayBuffer;
}

/** A phoneme and when it starts, counted from the first sample of its job. */
export interface Phoneme {
  startMs: number;
  /** IPA with stress marks; empty for a pause. */
  ipa: string;
}

/** Worker -> main thread. Every job ends in exactly one `done` or `failed`. */
export type EspeakReply =
  | { type: 'ready'; catalogue: EspeakCatalogue }
  | { type: 'audio'; id: number; samples: Float32Array; phonemes: Phoneme[] }
  | { type: 'done'; id: number }
  | { type: 'failed'; id: number; message: string };
