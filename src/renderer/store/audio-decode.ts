import { encodeWav, mixDown, type Part, peaksOf } from './audio-trim';

/** Sound of a file by the browser's own decoders. A whole file is decoded at once, so what is large is not decoded at all. */

/** Coarse: enough to draw, and a sixth of the memory. */
const DRAWN_RATE_HZ = 8_000;
/** What the presenter's sound is made of. */
export const CUT_RATE_HZ = 48_000;
/** 15 minutes of stereo are 350 MB while they are cut, and 86 MB as a WAV of one channel. */
export const MAX_TRIMMED_MS = 15 * 60_000;
/** Where the length is not known beforehand: 15 minutes at a high rate. */
const MAX_UNKNOWN_BYTES = 36_000_000;
const METADATA_WAIT_MS = 4_000;
const PEAKS = 2_000;

async function decode(blob: Blob, rateHz: number): Promise<AudioBuffer> {
  // An offline context resamples to its own rate, opens no device and needs no gesture.
  return new OfflineAudioContext(1, 1, rateHz).decodeAudioData(await blob.arrayBuffer());
}

const channelsOf = (buffer: AudioBuffer): Float32Array[] =>
  Array.from({ length: buffer.numberOfChannels }, (_, i) => buffer.getChannelData(i));

export interface Drawn {
  durationMs: number | null;
  peaks: Float32Array | null;
  problem: 'unreadable' | 'tooLong' | null;
}

/** What can be shown of a file. Never throws: a file that this browser cannot read may be one that the server can. */
export async function draw(blob: Blob, url: string): Promise<Drawn> {
  const told = await lengthOf(url);
  const long = told === null ? blob.size > MAX_UNKNOWN_BYTES : told > MAX_TRIMMED_MS;
  if (long) return { durationMs: told, peaks: null, problem: 'tooLong' };
  try {
    const buffer = await decode(blob, DRAWN_RATE_HZ);
    const durationMs = buffer.duration * 1_000;
    if (durationMs > MAX_TRIMMED_MS) return { durationMs, peaks: null, problem: 'tooLong' };
    return { durationMs, peaks: peaksOf(channelsOf(buffer), PEAKS), problem: null };
  } catch {
    return { durationMs: told, peaks: null, problem: 'unreadable' };
  }
}

/** What the file says of its own length; null where it says nothing. */
function lengthOf(url: string): Promise<number | null> {
  return new Promise((resolve) => {
    const media = new Audio();
    const done = (value: number | null) => {
      clearTimeout(timer);
      media.removeAttribute('src');
      media.load();
      resolve(value);
    };
    const timer = setTimeout(() => done(null), METADATA_WAIT_MS);
    media.preload = 'metadata';
    media.onloadedmetadata = () => done(Number.isFinite(media.duration) ? media.duration * 1_000 : null);
    media.onerror = () => done(null);
    media.src = url;
  });
}

/** The part as a WAV of one channel; without a part all of it. @throws when the browser cannot decode the file */
export async function cut(blob: Blob, part?: Part): Promise<{ wav: Blob; durationMs: number; peak: number }> {
  const buffer = await decode(blob, CUT_RATE_HZ);
  const at = (ms: number) => Math.min(buffer.length, Math.max(0, Math.round((ms * CUT_RATE_HZ) / 1_000)));
  const samples = part
    ? mixDown(channelsOf(buffer), at(part.fromMs), at(part.toMs))
    : mixDown(channelsOf(buffer), 0, buffer.length);
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  return {
    wav: new Blob([encodeWav(samples, CUT_RATE_HZ)], { type: 'audio/wav' }),
    durationMs: (samples.length * 1_000) / CUT_RATE_HZ,
    peak,
  };
}
