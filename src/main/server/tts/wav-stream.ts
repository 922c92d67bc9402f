import type { PcmChunk } from '../audio/frame';
import { PcmStream, type SampleEncoding } from './pcm-stream';

/** A header that cannot be believed; the message is a clause for people. */
export class WavProblem extends Error {
  override readonly name = 'WavProblem';
}

const MIN_RATE_HZ = 4_000;
const MAX_RATE_HZ = 192_000;
const MAX_CHANNELS = 8;
const MAX_HEADER_CHUNK_BYTES = 1 << 20;
/**
 * A server that streams cannot know the size yet and writes 0 (Python's `wave`), 0xFFFFFFFF (OpenAI) or something near 2 or
 * 4 GiB. No sentence is this long, so a larger size means "until the end".
 */
const MAX_DATA_BYTES = 256 << 20;
/** Chunks that follow the sound in files of recorders and editors. */
// biome-ignore format: a table
const TRAILERS = new Set([
  'LIST', 'fact', 'id3 ', 'ID3 ', 'cue ', 'bext', 'PEAK', 'JUNK', 'junk', 'PAD ', 'smpl', 'inst', 'iXML', 'acid',
]);

const PCM = 1;
const IEEE_FLOAT = 3;
const EXTENSIBLE = 0xfffe;
const ENCODINGS: Record<string, SampleEncoding> = {
  [`${PCM}/8`]: 'u8',
  [`${PCM}/16`]: 's16',
  [`${PCM}/24`]: 's24',
  [`${PCM}/32`]: 's32',
  [`${IEEE_FLOAT}/32`]: 'f32',
};

interface WavFormat {
  encoding: SampleEncoding;
  channels: number;
  sampleRateHz: number;
}

/** What comes next in the stream. */
type Expecting = 'file' | 'chunk' | 'skipped' | 'sound';

/**
 * Reads a WAV file while it arrives, cut anywhere, or several of them one behind the other (servers that send each piece as
 * a whole small file). Mono, at the rate that the header says.
 */
export class WavStream {
  #held: Buffer = Buffer.alloc(0);
  #expecting: Expecting = 'file';
  /** Bytes left of the chunk under way; Infinity where the header did not know. */
  #left = 0;
  #padded = false;
  #format: WavFormat | undefined;
  #pcm = new PcmStream();
  #hadSound = false;

  /** @throws WavProblem */
  push(bytes: Uint8Array): PcmChunk[] {
    this.#held = this.#held.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#held, bytes]);
    const chunks: PcmChunk[] = [];
    while (this.#step(chunks)) {}
    return chunks;
  }

  /** The last sound, and how many bytes the header promised that never came. */
  end(): { chunks: PcmChunk[]; missingBytes: number } {
    const chunks: PcmChunk[] = [];
    if (this.#expecting === 'sound') {
      this.#emit(this.#held, chunks);
      const missingBytes = Number.isFinite(this.#left) ? this.#left - this.#held.length : 0;
      return { chunks, missingBytes };
    }
    // A file that ends before its sound begins lacks at least the rest of its header.
    return { chunks, missingBytes: this.#hadSound ? 0 : Math.max(1, 44 - this.#held.length) };
  }

  /** Whether it got any further. */
  #step(chunks: PcmChunk[]): boolean {
    switch (this.#expecting) {
      case 'file':
        return this.#file();
      case 'chunk':
        return this.#chunk();
      case 'skipped':
        return this.#skip();
      case 'sound':
        return this.#left === Number.POSITIVE_INFINITY ? this.#openEnded(chunks) : this.#counted(chunks);
    }
  }

  #file(): boolean {
    if (this.#held.length < 12) return false;
    if (!isFileStart(this.#held, 0)) throw new WavProblem('began like a WAV file and is none');
    this.#take(12);
    this.#format = undefined;
    this.#expecting = 'chunk';
    return true;
  }

  #chunk(): boolean {
    if (this.#held.length < 8) return false;
    const id = this.#held.toString('latin1', 0, 4);
    const size = this.#held.readUInt32LE(4);
    if (id === 'fmt ') {
      if (size < 16 || size > 1_024) throw new WavProblem(`sent a WAV header with a format of ${size} bytes`);
      if (this.#held.length < 8 + size) return false;
      this.#format = readFormat(this.#held.subarray(8, 8 + size));
      this.#take(8 + size);
    } else if (id === 'data') {
      if (!this.#format) throw new WavProblem('sent a WAV header that does not say what format its sound has');
      this.#startSound(size);
    } else if (id === 'RIFF') {
      this.#expecting = 'file';
    } else if (this.#hadSound && this.#format && !TRAILERS.has(id)) {
      // The header counted the first piece only, and the sound simply goes on.
      this.#left = Number.POSITIVE_INFINITY;
      this.#expecting = 'sound';
    } else {
      if (size > MAX_HEADER_CHUNK_BYTES) throw new WavProblem('sent a damaged WAV header');
      this.#take(8);
      this.#left = size + (size & 1);
      this.#expecting = 'skipped';
    }
    return true;
  }

  #startSound(size: number): void {
    this.#take(8);
    this.#left = size === 0 || size > MAX_DATA_BYTES ? Number.POSITIVE_INFINITY : size;
    this.#padded = (size & 1) === 1;
    this.#pcm = new PcmStream(this.#format);
    this.#hadSound = true;
    this.#expecting = 'sound';
  }

  #skip(): boolean {
    const skipped = Math.min(this.#left, this.#held.length);
    this.#take(skipped);
    this.#left -= skipped;
    if (this.#left > 0) return false;
    this.#expecting = 'chunk';
    return true;
  }

  #counted(chunks: PcmChunk[]): boolean {
    const bytes = this.#take(Math.min(this.#left, this.#held.length));
    this.#left -= bytes.length;
    this.#emit(bytes, chunks);
    if (this.#left > 0) return false;
    this.#left = this.#padded ? 1 : 0;
    this.#expecting = 'skipped';
    return true;
  }

  /** Sound up to the end, or up to another file's header. */
  #openEnded(chunks: PcmChunk[]): boolean {
    for (let from = 0; ; ) {
      const at = this.#held.indexOf('RIFF', from, 'latin1');
      if (at < 0) {
        this.#emit(this.#take(this.#held.length - partOfRiff(this.#held)), chunks);
        return false;
      }
      const unsure = this.#held.length < at + 12;
      if (unsure || isFileStart(this.#held, at)) {
        this.#emit(this.#take(at), chunks);
        if (!unsure) this.#expecting = 'file';
        return !unsure;
      }
      from = at + 1;
    }
  }

  #emit(bytes: Uint8Array, chunks: PcmChunk[]): void {
    const samples = this.#pcm.push(bytes);
    if (samples.length > 0) chunks.push({ samples, sampleRateHz: this.#format!.sampleRateHz });
  }

  #take(bytes: number): Buffer {
    const taken = this.#held.subarray(0, bytes);
    this.#held = this.#held.subarray(bytes);
    return taken;
  }
}

const isFileStart = (bytes: Buffer, at: number): boolean =>
  bytes.toString('latin1', at, at + 4) === 'RIFF' && bytes.toString('latin1', at + 8, at + 12) === 'WAVE';

/** How many of the last bytes may be the beginning of the next header. */
function partOfRiff(bytes: Buffer): number {
  const end = bytes.toString('latin1', Math.max(0, bytes.length - 3));
  return [3, 2, 1].find((count) => end.length >= count && end.endsWith('RIFF'.slice(0, count))) ?? 0;
}

function readFormat(body: Buffer): WavFormat {
  let tag = body.readUInt16LE(0);
  const channels = body.readUInt16LE(2);
  const sampleRateHz = body.readUInt32LE(4);
  const bits = body.readUInt16LE(14);
  // WAVE_FORMAT_EXTENSIBLE: the first two bytes of its GUID are the plain tag.
  if (tag === EXTENSIBLE && body.length >= 26) tag = body.readUInt16LE(24);
  if (sampleRateHz < MIN_RATE_HZ || sampleRateHz > MAX_RATE_HZ) {
    throw new WavProblem(`sent a WAV header with an impossible sample rate of ${sampleRateHz} Hz`);
  }
  if (channels < 1 || channels > MAX_CHANNELS) throw new WavProblem(`sent a WAV header with ${channels} channels`);
  const encoding = ENCODINGS[`${tag}/${bits}`];
  if (!encoding) throw new WavProblem(`sent a WAV of format ${tag} with ${bits} bits, which cannot be read here`);
  return { encoding, channels, sampleRateHz };
}
