import { AV_CODEC_ID_MP3, AV_LOG_QUIET } from 'node-av/constants';
import { Codec, CodecContext, CodecParser, Frame, Log, Packet } from 'node-av/lib';
import type { PcmChunk } from './frame';
import { mp3CountsItsFrames } from './headers';
import { Owned } from './owned';

// A broken frame is counted here; FFmpeg's own line about it would only fill stderr.
Log.setLevel(AV_LOG_QUIET);

const ID3_HEADER_BYTES = 10;
const NOTHING = Buffer.alloc(0);

/**
 * Decodes an mp3 while it arrives: each frame sounds as soon as its own last byte is there, 24 ms of 24 kHz speech for
 * 144 bytes, where opening a container would first want to see several. FFmpeg's parser finds the frames, in pieces of any
 * size; tags (ID3v2, Xing) are skipped. What the encoder put before the first sample (1,105 samples with LAME) is part of
 * the sound, because a bare stream does not tell how much it is. Synchronous, ~20 us a frame.
 */
export class Mp3Stream {
  readonly #owned = new Owned();
  readonly #context: CodecContext;
  readonly #parser: CodecParser;
  readonly #packet: Packet;
  readonly #frame: Frame;
  #head: Buffer | undefined = NOTHING;
  #tagBytes = 0;
  #firstFrame = true;
  #closed = false;
  /** Stretches that looked like frames and could not be decoded; they are left out. */
  damaged = 0;

  /** @throws Error when this FFmpeg cannot decode mp3. */
  constructor() {
    const codec = Codec.findDecoderByName('mp3float' as never);
    if (!codec) throw new Error('this FFmpeg has no mp3 decoder');
    try {
      this.#context = this.#owned.add('audio-decoder', new CodecContext(), (context) => context.freeContext());
      this.#context.allocContext3(codec);
      this.#context.threadCount = 1;
      if (this.#context.open2Sync(codec, null) < 0) throw new Error('the mp3 decoder cannot be opened');
      const parser = new CodecParser();
      parser.init(AV_CODEC_ID_MP3);
      this.#parser = this.#owned.add('audio-parser', parser, (owned) => owned.close());
      this.#packet = this.#owned.add('packet', new Packet(), (packet) => packet.free());
      this.#packet.alloc();
      this.#frame = this.#owned.add('frame', new Frame(), (frame) => frame.free());
      this.#frame.alloc();
    } catch (error) {
      this.#owned.freeAll();
      throw error;
    }
  }

  /** Takes the next bytes, any number, and returns the mono PCM that they complete. Nothing after `close`. */
  push(bytes: Uint8Array): PcmChunk[] {
    const sound = this.#afterTag(bytes);
    return sound.length > 0 ? this.#parse(sound) : [];
  }

  /** Says that no more will come. Returns how many bytes of a last, incomplete frame were left over; they are not played. */
  end(): number {
    if (this.#closed) return 0;
    const head = this.#head;
    this.#head = undefined;
    if (head && head.length > 0) this.#parse(head);
    // Without data the parser hands out what it still holds, which is only ever less than a frame.
    this.#parser.parse2(this.#context, this.#packet, NOTHING, 0n, 0n, 0);
    const left = this.#packet.size;
    this.#packet.unref();
    return left;
  }

  /** Frees everything native. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#owned.freeAll();
  }

  /** What is left of `bytes` once an ID3v2 tag at the start has been taken off (id3.org, ID3v2.4 section 3.1). */
  #afterTag(bytes: Uint8Array): Buffer {
    let rest: Buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (this.#head) {
      this.#head = rest = Buffer.concat([this.#head, rest]);
      const start = rest.toString('latin1', 0, 3);
      if (!'ID3'.startsWith(start)) this.#head = undefined;
      else if (rest.length < ID3_HEADER_BYTES) return NOTHING;
      else {
        const [a, b, c, d] = rest.subarray(6, ID3_HEADER_BYTES) as unknown as [number, number, number, number];
        this.#tagBytes = ID3_HEADER_BYTES + (a << 21) + (b << 14) + (c << 7) + d;
        this.#head = undefined;
      }
    }
    const skip = Math.min(this.#tagBytes, rest.length);
    this.#tagBytes -= skip;
    return rest.subarray(skip);
  }

  #parse(data: Buffer): PcmChunk[] {
    const out: PcmChunk[] = [];
    for (let at = 0; at < data.length && !this.#closed; ) {
      const used = this.#parser.parse2(this.#context, this.#packet, data.subarray(at), 0n, 0n, 0);
      if (used < 0) throw new Error(`the mp3 parser failed (${used})`);
      at += used;
      if (this.#packet.size > 0) this.#decode(out);
      else if (used === 0) break;
      this.#packet.unref();
    }
    return out;
  }

  #decode(out: PcmChunk[]): void {
    const first = this.#firstFrame;
    this.#firstFrame = false;
    // A frame that only says how long the file is.
    if (first && mp3CountsItsFrames(this.#packet.data!)) return;
    if (this.#context.sendPacketSync(this.#packet) < 0) {
      this.damaged++;
      return;
    }
    while (this.#context.receiveFrameSync(this.#frame) >= 0) {
      const { sampleRate, nbSamples } = this.#frame;
      const planes = this.#frame.extendedData ?? this.#frame.data;
      if (planes && nbSamples > 0) out.push({ samples: mono(planes, nbSamples), sampleRateHz: sampleRate });
      this.#frame.unref();
    }
  }
}

/** The mean of the channels (planar float) in [-1, 1], in memory of its own. */
function mono(planes: Buffer[], samples: number): Float32Array {
  const out = new Float32Array(samples);
  for (const plane of planes) {
    for (let i = 0; i < samples; i++) out[i]! += plane.readFloatLE(4 * i);
  }
  for (let i = 0; i < samples; i++) out[i] = Math.max(-1, Math.min(1, out[i]! / planes.length));
  return out;
}
