import type { PcmChunk } from '../audio/frame';
import { KEEP_LEAD_MS, QUIET } from './silence';

/**
 * How much silence inside a sentence is kept back until it is known whether more is said. What a service sends beyond it in
 * the middle is dropped: a gap of two seconds is a model that lost its way, not a pause.
 */
const MAX_HELD_MS = 2_000;

const isLoud = (sample: number) => Math.abs(sample) > QUIET;
const durationMs = ({ samples, sampleRateHz }: PcmChunk) => (samples.length * 1_000) / sampleRateHz;
const part = ({ samples, sampleRateHz }: PcmChunk, from: number, to?: number): PcmChunk => ({
  samples: samples.subarray(from, to),
  sampleRateHz,
});

/**
 * Gives every voice the same edges: a sentence starts with its first sound and ends in a pause of `pauseMs`. Sound passes at
 * once and so does silence that could be that pause; only longer silence is held back, until more sound shows that it was
 * inside the sentence. Running it over its own output changes nothing, so voices that trim by themselves are left as they are.
 */
export class AudibleEdges {
  readonly #pauseMs: number;
  #heard = false;
  /** The last few milliseconds before the first sound: breath and the start of a plosive are quieter than the threshold. */
  #lead: PcmChunk | undefined;
  #held: PcmChunk[] = [];
  #heldMs = 0;
  /** Silence passed on since the last sound. */
  #quietMs = 0;
  #receivedMs = 0;
  #sampleRateHz = 0;

  constructor(pauseMs: number) {
    this.#pauseMs = pauseMs;
  }

  /** Whether anything louder than silence has come. */
  get heard(): boolean {
    return this.#heard;
  }

  /** Everything that came, silence included. */
  get receivedMs(): number {
    return this.#receivedMs;
  }

  /** @returns what is to be heard now: nothing while only silence has come. */
  push(chunk: PcmChunk): PcmChunk[] {
    if (chunk.samples.length === 0) return [];
    this.#receivedMs += durationMs(chunk);
    this.#sampleRateHz = chunk.sampleRateHz;
    if (this.#heard) return this.#onward(chunk);
    const onset = chunk.samples.findIndex(isLoud);
    if (onset < 0) {
      this.#keepLead(chunk);
      return [];
    }
    this.#heard = true;
    return [...this.#takeLead(chunk, onset), ...this.#onward(part(chunk, this.#leadStart(chunk, onset)))];
  }

  /** @returns the silence that is missing for the closing pause. */
  end(): PcmChunk[] {
    this.#held = [];
    if (!this.#heard) return [];
    const missing = Math.round(((this.#pauseMs - this.#quietMs) * this.#sampleRateHz) / 1_000);
    return missing > 0 ? [{ samples: new Float32Array(missing), sampleRateHz: this.#sampleRateHz }] : [];
  }

  #onward(chunk: PcmChunk): PcmChunk[] {
    const soundEnd = chunk.samples.findLastIndex(isLoud) + 1;
    const out: PcmChunk[] = [];
    if (soundEnd > 0) {
      out.push(...this.#held, part(chunk, 0, soundEnd));
      this.#held = [];
      this.#heldMs = 0;
      this.#quietMs = 0;
    }
    if (soundEnd === chunk.samples.length) return out;
    const room = Math.max(0, Math.round(((this.#pauseMs - this.#quietMs) * chunk.sampleRateHz) / 1_000));
    const now = part(chunk, soundEnd, soundEnd + room);
    const later = part(chunk, soundEnd + room);
    if (now.samples.length > 0) out.push(now);
    this.#quietMs += durationMs(now);
    if (later.samples.length > 0 && this.#heldMs < MAX_HELD_MS) {
      const kept = part(later, 0, Math.ceil(((MAX_HELD_MS - this.#heldMs) * later.sampleRateHz) / 1_000));
      this.#held.push(kept);
      this.#heldMs += durationMs(kept);
    }
    return out;
  }

  #keepLead(chunk: PcmChunk): void {
    const keep = leadSamples(chunk);
    const before = this.#lead?.sampleRateHz === chunk.sampleRateHz ? this.#lead.samples : new Float32Array(0);
    const tail = chunk.samples.subarray(-keep);
    const samples = new Float32Array(Math.min(keep, before.length + tail.length));
    samples.set(tail, samples.length - tail.length);
    const older = samples.length - tail.length;
    if (older > 0) samples.set(before.subarray(-older), 0);
    this.#lead = { samples, sampleRateHz: chunk.sampleRateHz };
  }

  #takeLead(chunk: PcmChunk, onset: number): PcmChunk[] {
    const lead = this.#lead;
    this.#lead = undefined;
    const missing = leadSamples(chunk) - onset;
    if (!lead || missing <= 0 || lead.sampleRateHz !== chunk.sampleRateHz) return [];
    return [part(lead, Math.max(0, lead.samples.length - missing))];
  }

  #leadStart(chunk: PcmChunk, onset: number): number {
    return Math.max(0, onset - leadSamples(chunk));
  }
}

const leadSamples = ({ sampleRateHz }: PcmChunk) => Math.round((KEEP_LEAD_MS * sampleRateHz) / 1_000);
