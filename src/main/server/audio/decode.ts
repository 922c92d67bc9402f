import { setImmediate } from 'node:timers/promises';
import { say } from '../../../shared/told';
import { SAMPLE_RATE_HZ } from '../../../shared/units';
import { HeraldError } from '../errors';
import { PacketDecoder } from './decoder';
import { Demux } from './demux';
import type { PcmChunk } from './frame';
import { isPlaylist } from './headers';
import { resample } from './resample';

export interface OpenAudioOptions {
  /** Longer audio is refused. Default 60. */
  maxMinutes?: number;
  signal?: AbortSignal;
}

/** Work on the event loop between two breaths of it. */
const SLICE_MS = 8;
/** What a container declares and what it holds may differ by an encoder's padding. */
const TRUNCATED_MS = 250;

/** An upload that has been checked: it plays. Costs nothing until read; hand it back with `close`. */
export interface DecodedAudio {
  /** Length of what can be played. */
  readonly durationMs: number;
  /** The file breaks off: it declares more than it holds. What is there plays. Complete once `chunks` has ended. */
  readonly truncated: boolean;
  /** Mono PCM at 48 kHz, decoded as it is read. Can be read once; ends early after `close`. */
  chunks(): AsyncIterable<PcmChunk>;
  /** Frees everything native; a reader in progress ends. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens an upload of any supported kind (wav, mp3, m4a, ogg, opus, flac, webm, aac, mp4). `bytes` must not change until
 * `close`. Everything is read from memory: nothing that a file names is ever opened.
 * @throws HeraldError('refused') with a sentence for people when it is empty, no audio, a playlist, damaged from the start
 *   or longer than the limit; the signal's reason when aborted.
 */
export async function openAudio(bytes: Uint8Array, options: OpenAudioOptions = {}): Promise<DecodedAudio> {
  const { maxMinutes = 60, signal = new AbortController().signal } = options;
  signal.throwIfAborted();
  if (bytes.length === 0) throw new HeraldError('refused', say('upload.empty'));
  if (isPlaylist(bytes)) {
    throw new HeraldError('refused', say('upload.playlist'));
  }
  const limitMs = maxMinutes * 60_000;
  const length = await measure(bytes, limitMs, signal);

  const source = new Source(await Demux.open(bytes, signal));
  try {
    const first = source.next();
    if (!first) throw new HeraldError('refused', say('upload.damaged'));
    return new OpenedAudio(source, first, length, limitMs);
  } catch (error) {
    source.close();
    throw error;
  }
}

/**
 * How long the sound track really is, by walking through its packets without decoding them (1 to 2 us each, so 3 hours of
 * mp3 take 0.3 s): headers may lie, and mp3 and aac have none. A second opening then plays from the exact start, which
 * seeking back would not give for every format.
 */
async function measure(bytes: Uint8Array, limitMs: number, signal: AbortSignal) {
  const demux = await Demux.open(bytes, signal);
  try {
    const { num, den } = demux.stream.timeBase;
    const toMs = (ticks: number) => (ticks * 1_000 * num) / den;
    const declaredMs = demux.declaresExactly ? demux.declaredMs : undefined;
    if (declaredMs !== undefined && declaredMs > limitMs) throw tooLong(limitMs);

    let sum = 0;
    let firstPts: number | undefined;
    let lastPts = 0;
    let unknown = false;
    const slices = new Slices(signal);
    while (demux.read()) {
      const { duration, pts } = demux.packet;
      if (duration > 0n) sum += Number(duration);
      else unknown = true;
      lastPts = Number(pts);
      firstPts ??= lastPts;
      const heldMs = toMs(unknown ? Math.max(sum, lastPts - firstPts) : sum);
      // Encoder delay counts here and is not played: a file of exactly the limit passes.
      if (heldMs > limitMs + TRUNCATED_MS) throw tooLong(limitMs);
      if (slices.due) await slices.breathe();
    }
    const heldMs = toMs(unknown ? Math.max(sum, lastPts - (firstPts ?? 0)) : sum);
    const truncated = demux.damaged || (declaredMs !== undefined && declaredMs - heldMs > TRUNCATED_MS);
    return { durationMs: truncated || declaredMs === undefined ? heldMs : declaredMs, truncated };
  } finally {
    demux.close();
  }
}

function tooLong(limitMs: number): HeraldError {
  const minutes = limitMs / 60_000;
  return new HeraldError('refused', say('upload.tooLong', { minutes }));
}

/** Lets the event loop breathe during long work and notices the abort. */
class Slices {
  #startedMs = performance.now();
  readonly #signal: AbortSignal | undefined;

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  get due(): boolean {
    return performance.now() - this.#startedMs > SLICE_MS;
  }

  async breathe(): Promise<void> {
    await setImmediate();
    this.#signal?.throwIfAborted();
    this.#startedMs = performance.now();
  }
}

/** Packets in, PCM at the file's rate out, one chunk at a time. */
class Source {
  readonly #demux: Demux;
  readonly #decoder: PacketDecoder;
  #ready: PcmChunk[] = [];
  #state: 'reading' | 'ended' | 'closed' = 'reading';

  constructor(demux: Demux) {
    this.#demux = demux;
    try {
      this.#decoder = new PacketDecoder(demux.stream);
    } catch (error) {
      demux.close();
      throw error;
    }
  }

  get damaged(): boolean {
    return this.#demux.damaged || this.#decoder.damaged > 0;
  }

  /** The next chunk; undefined at the end. */
  next(): PcmChunk | undefined {
    while (this.#ready.length === 0 && this.#state === 'reading') {
      const more = this.#demux.read();
      if (!more) this.#state = 'ended';
      this.#ready = this.#decoder.decode(more ? this.#demux.packet : null);
    }
    return this.#state === 'closed' ? undefined : this.#ready.shift();
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#ready = [];
    this.#decoder.close();
    this.#demux.close();
  }
}

class OpenedAudio implements DecodedAudio {
  readonly durationMs: number;
  readonly #source: Source;
  readonly #limitMs: number;
  readonly #declaredTruncated: boolean;
  #first: PcmChunk | undefined;
  #read = false;

  constructor(source: Source, first: PcmChunk, length: { durationMs: number; truncated: boolean }, limitMs: number) {
    this.#source = source;
    this.#first = first;
    this.durationMs = length.durationMs;
    this.#declaredTruncated = length.truncated;
    this.#limitMs = limitMs;
  }

  get truncated(): boolean {
    return this.#declaredTruncated || this.#source.damaged;
  }

  chunks(): AsyncIterable<PcmChunk> {
    if (this.#read) throw new Error('an opened audio can be read once');
    this.#read = true;
    return resample(this.#decoded(), SAMPLE_RATE_HZ);
  }

  async close(): Promise<void> {
    this.#first = undefined;
    this.#source.close();
  }

  async *#decoded(): AsyncGenerator<PcmChunk> {
    const slices = new Slices();
    let playedMs = 0;
    for (let chunk = this.#first; chunk; chunk = this.#source.next()) {
      this.#first = undefined;
      playedMs += (chunk.samples.length * 1_000) / chunk.sampleRateHz;
      // Only a file made to deceive decodes to more than its packets said.
      if (playedMs > this.#limitMs + 2 * TRUNCATED_MS) throw tooLong(this.#limitMs);
      yield chunk;
      if (slices.due) await slices.breathe();
    }
  }
}
