/** About -50 dBFS: espeak-ng's own silence is exact zero, its breathy onsets are above this. */
export const QUIET = 0.003;
export const KEEP_LEAD_MS = 8;
/** A longer silence at the start is somebody's intention. */
const MAX_TRIM_MS = 500;

const ANY_QUOTES = /[\s"'”’»」』)）\]】]+$/u;

/** The pause that follows a piece of text in natural speech, by how it ends. */
export function pauseAfterMs(text: string): number {
  const last = text.replace(ANY_QUOTES, '').at(-1) ?? '';
  if (/[.!?。！？…．]/u.test(last)) return 200;
  if (/[,;:，、；：—-]/u.test(last)) return 90;
  // A long first sentence is cut between two words to start early: it goes on in the same breath.
  return /[\p{L}\p{N}]/u.test(last) ? 20 : 140;
}

/**
 * Takes the silence before the first sound off a sentence (latency) and lets it end in a pause of a chosen length.
 * Streams: a chunk is never held back for longer than its leading silence lasts.
 */
export class SpeechTrim {
  readonly #rateHz: number;
  #heard = false;
  #dropped = 0;
  #quietAtEnd = 0;

  constructor(sampleRateHz: number) {
    this.#rateHz = sampleRateHz;
  }

  /** How much was taken off the start, for moving event times. */
  get trimmedMs(): number {
    return (this.#dropped * 1_000) / this.#rateHz;
  }

  /** Whether anything louder than silence has passed. */
  get heard(): boolean {
    return this.#heard;
  }

  push(samples: Float32Array): Float32Array {
    let out = samples;
    if (!this.#heard) {
      const onset = samples.findIndex((x) => Math.abs(x) > QUIET);
      const end = onset < 0 ? samples.length : Math.max(0, onset - this.#samples(KEEP_LEAD_MS));
      const drop = Math.min(end, this.#samples(MAX_TRIM_MS) - this.#dropped);
      this.#dropped += drop;
      this.#heard = onset >= 0;
      out = samples.subarray(drop);
    }
    let quiet = 0;
    while (quiet < out.length && Math.abs(out[out.length - 1 - quiet]!) <= QUIET) quiet++;
    this.#quietAtEnd = quiet === out.length ? this.#quietAtEnd + quiet : quiet;
    return out;
  }

  /** The silence still missing for a pause of `pauseMs` after the last sound. */
  finish(pauseMs: number): Float32Array {
    return new Float32Array(Math.max(0, this.#samples(pauseMs) - this.#quietAtEnd));
  }

  #samples(ms: number): number {
    return Math.round((ms * this.#rateHz) / 1_000);
  }
}
