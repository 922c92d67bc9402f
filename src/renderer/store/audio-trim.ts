/** The part of a recording that is to be heard, and what it takes to cut it out. Pure; times in ms, sound as samples in [-1, 1]. */
export interface Part {
  fromMs: number;
  toMs: number;
}

/** Shorter than this is a click, not a word. */
export const MIN_PART_MS = 100;
export const STEP_MS = 100;
export const BIG_STEP_MS = 1_000;
export const FINE_STEP_MS = 10;

const clamp = (value: number, min: number, max: number): number => Math.min(Math.max(value, min), max);

export const wholeOf = (durationMs: number): Part => ({ fromMs: 0, toMs: durationMs });

/** A part that lies in the recording and is long enough to be heard; a recording that is shorter is taken whole. */
export function fitPart({ fromMs, toMs }: Part, durationMs: number): Part {
  if (durationMs <= MIN_PART_MS) return wholeOf(durationMs);
  const from = clamp(Math.min(fromMs, toMs), 0, durationMs - MIN_PART_MS);
  return { fromMs: from, toMs: clamp(Math.max(fromMs, toMs), from + MIN_PART_MS, durationMs) };
}

/** One edge moves, the other stays: the moving one stops before it. */
export function moveEdge(part: Part, edge: 'from' | 'to', toMs: number, durationMs: number): Part {
  const shortest = Math.min(MIN_PART_MS, durationMs);
  if (edge === 'from') return { ...part, fromMs: clamp(toMs, 0, Math.max(0, part.toMs - shortest)) };
  return { ...part, toMs: clamp(toMs, Math.min(part.fromMs + shortest, durationMs), durationMs) };
}

/** Within half a frame of 20 ms of both ends, nothing was cut. */
export const isWhole = ({ fromMs, toMs }: Part, durationMs: number): boolean => fromMs < 10 && toMs > durationMs - 10;

/** Where an arrow, page, Home or End key puts an edge; undefined: the key means nothing here. */
export function edgeByKey(key: string, shift: boolean, alt: boolean, atMs: number, durationMs: number) {
  const stepMs = shift ? BIG_STEP_MS : alt ? FINE_STEP_MS : STEP_MS;
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return atMs - stepMs;
    case 'ArrowRight':
    case 'ArrowUp':
      return atMs + stepMs;
    case 'PageDown':
      return atMs - BIG_STEP_MS * 5;
    case 'PageUp':
      return atMs + BIG_STEP_MS * 5;
    case 'Home':
      return 0;
    case 'End':
      return durationMs;
    default:
      return undefined;
  }
}

/** 0:07.3, 12:34.0: tenths, as trimming needs them. */
export function formatTime(ms: number): string {
  const tenths = Math.round(Math.max(0, ms) / 100);
  const seconds = Math.floor(tenths / 10) % 60;
  return `${Math.floor(tenths / 600)}:${String(seconds).padStart(2, '0')}.${tenths % 10}`;
}

/** All channels as one: speech needs no more, and the presenter has one mouth. */
export function mixDown(channels: readonly Float32Array[], from = 0, to = channels[0]?.length ?? 0): Float32Array {
  const mono = new Float32Array(Math.max(0, to - from));
  for (const channel of channels) {
    for (let i = 0; i < mono.length; i++) mono[i]! += channel[from + i]! / channels.length;
  }
  return mono;
}

/** The loudest values of each of `count` equal stretches, as waveforms are drawn: [-low, +high, -low, ...]. */
export function peaksOf(channels: readonly Float32Array[], count: number): Float32Array {
  const length = channels[0]?.length ?? 0;
  const peaks = new Float32Array(count * 2);
  for (let i = 0; i < count; i++) {
    const end = Math.min(length, Math.ceil(((i + 1) * length) / count));
    let low = 0;
    let high = 0;
    for (const channel of channels) {
      for (let j = Math.floor((i * length) / count); j < end; j++) {
        const x = channel[j]!;
        if (x < low) low = x;
        else if (x > high) high = x;
      }
    }
    peaks[2 * i] = low;
    peaks[2 * i + 1] = high;
  }
  return peaks;
}

const HEADER_BYTES = 44;

/** How large the WAV of so much speech is. */
export const wavBytes = (durationMs: number, rateHz: number): number =>
  HEADER_BYTES + 2 * Math.round((durationMs * rateHz) / 1_000);

/** A mono WAV of 16 bits (RIFF, "Multimedia Programming Interface and Data Specifications 1.0", 1991). */
export function encodeWav(samples: Float32Array, rateHz: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES + samples.length * 2);
  const view = new DataView(bytes.buffer);
  const word = (at: number, text: string) => bytes.set(new TextEncoder().encode(text), at);
  word(0, 'RIFF');
  view.setUint32(4, bytes.length - 8, true);
  word(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // channels
  view.setUint32(24, rateHz, true);
  view.setUint32(28, rateHz * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  word(36, 'data');
  view.setUint32(40, samples.length * 2, true);
  for (let i = 0; i < samples.length; i++) {
    view.setInt16(HEADER_BYTES + 2 * i, Math.round(clamp(samples[i]!, -1, 1) * 32_767), true);
  }
  return bytes;
}
