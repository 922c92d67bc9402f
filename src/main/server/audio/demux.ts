import {
  AV_LOG_QUIET,
  AV_NOPTS_VALUE,
  AV_PKT_FLAG_CORRUPT,
  AVDISCARD_ALL,
  AVERROR_EOF,
  AVFMT_FLAG_CUSTOM_IO,
  AVMEDIA_TYPE_AUDIO,
  AVSEEK_CUR,
  AVSEEK_END,
  AVSEEK_SET,
  AVSEEK_SIZE,
} from 'node-av/constants';
import { Codec, Dictionary, FormatContext, IOContext, Log, Packet, type Stream } from 'node-av/lib';
import { say } from '../../../shared/told';
import { HeraldError } from '../errors';
import { mp3CountsItsFrames, mp4LacksIndex, oggBreaksOff, wavBreaksOff } from './headers';
import { Owned } from './owned';

// Every failure here comes back as a code; FFmpeg's own lines about broken uploads would only fill stderr.
Log.setLevel(AV_LOG_QUIET);

/** Containers that may be opened. Never hls, concat, image2, ...: those open further paths and URLs named in the file. */
const FORMATS = 'wav,w64,mp3,mov,ogg,flac,matroska,aac';
/** Sound that people have; keeps the rest of FFmpeg's decoders away from bytes that strangers send. */
export const CODECS = new Set(
  (
    'mp3 mp3float mp2 mp2float aac alac flac opus libopus vorbis libvorbis ac3 eac3 adpcm_ms adpcm_ima_wav ' +
    'pcm_u8 pcm_s8 pcm_s16le pcm_s16be pcm_s24le pcm_s24be pcm_s32le pcm_s32be pcm_f32le pcm_f32be pcm_f64le pcm_f64be ' +
    'pcm_alaw pcm_mulaw'
  ).split(' '),
);
const IO_BUFFER_BYTES = 64 * 1024;
const AVSEEK_FORCE = 0x20000;
/** mp3 and aac have no header: noise looks like them with a score below this (real files of 0.3 s: 51 and more). */
const MIN_PROBE_SCORE = 25;
const OPEN_DEADLINE_MS = 15_000;

const NOT_AUDIO = say('upload.notAudio');

/** An opened container in memory and its sound track. All calls but `open` are synchronous: ~2 us a packet (measured). */
export class Demux {
  readonly #owned: Owned;
  readonly #format: FormatContext;
  readonly #bytes: Uint8Array;
  readonly #shortIsDamage: boolean;
  readonly packet: Packet;
  /** A packet was cut short, or the container broke off. */
  damaged: boolean;

  private constructor(
    owned: Owned,
    format: FormatContext,
    readonly stream: Stream,
    bytes: Uint8Array,
  ) {
    this.#bytes = bytes;
    // A wav that was piped ends in a short packet by nature; what it lacks shows in its length.
    this.#shortIsDamage = !(Codec.findDecoder(stream.codecpar.codecId)?.name ?? '').startsWith('pcm_');
    this.damaged = oggBreaksOff(bytes) || wavBreaksOff(bytes);
    this.#owned = owned;
    this.#format = format;
    this.packet = owned.add('packet', new Packet(), (packet) => packet.free());
    this.packet.alloc();
  }

  /**
   * Opens `bytes`, which must not change until `close`.
   * @throws HeraldError('refused') when there is no sound track that can be read; the signal's reason when aborted.
   */
  static async open(bytes: Uint8Array, signal: AbortSignal): Promise<Demux> {
    const owned = new Owned();
    try {
      const format = owned.add('demuxer', new FormatContext(), (context) => context.closeInputSync());
      format.allocContext();
      const io = owned.add('memory-input', memoryInput(bytes), (context) => {
        format.pb = null;
        context.freeContext();
      });
      format.pb = io;
      format.setFlags(AVFMT_FLAG_CUSTOM_IO);
      const stop = () => format.interrupt();
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(OPEN_DEADLINE_MS)]);
      deadline.addEventListener('abort', stop, { once: true });
      try {
        await openInput(format, bytes);
        deadline.throwIfAborted();
        // A file whose first packets are broken fails here and may still have a good sound track.
        await format.findStreamInfo(null);
        deadline.throwIfAborted();
      } catch (error) {
        signal.throwIfAborted();
        if (deadline.aborted) throw new HeraldError('refused', `Reading the file took too long. ${NOT_AUDIO}`);
        throw error;
      } finally {
        deadline.removeEventListener('abort', stop);
      }
      if (format.probeScore < MIN_PROBE_SCORE) throw new HeraldError('refused', NOT_AUDIO);
      const index = format.findBestStream(AVMEDIA_TYPE_AUDIO, -1, -1);
      const stream = format.streams[index];
      if (!stream) throw new HeraldError('refused', say('upload.noTrack'));
      for (const other of format.streams) if (other.index !== index) other.discard = AVDISCARD_ALL;
      return new Demux(owned, format, stream, bytes);
    } catch (error) {
      owned.freeAll();
      throw error;
    }
  }

  /** What the container says, in ms; undefined when it does not. mp3 and aac without a header only estimate. */
  get declaredMs(): number | undefined {
    const { duration, timeBase } = this.stream;
    if (duration > 0n) return (Number(duration) * 1_000 * timeBase.num) / timeBase.den;
    const whole = this.#format.duration;
    return whole > 0n && whole !== AV_NOPTS_VALUE ? Number(whole) / 1_000 : undefined;
  }

  /** Whether `declaredMs` was written by the encoder rather than guessed from size and bit rate. */
  get declaresExactly(): boolean {
    const { name } = this.#format.iformat!;
    return name === 'mp3' ? mp3CountsItsFrames(this.#bytes) : name !== 'aac';
  }

  /** Reads the next packet of the sound track into `packet`; false at the end. The packet is valid until the next call. */
  read(): boolean {
    for (;;) {
      this.packet.unref();
      const code = this.#format.readFrameSync(this.packet);
      if (code < 0) {
        if (code !== AVERROR_EOF) this.damaged = true;
        return false;
      }
      if (this.packet.streamIndex !== this.stream.index) continue;
      if (this.#shortIsDamage && this.packet.hasFlags(AV_PKT_FLAG_CORRUPT)) this.damaged = true;
      return true;
    }
  }

  close(): void {
    this.#owned.freeAll();
  }
}

async function openInput(format: FormatContext, bytes: Uint8Array): Promise<void> {
  const options = Dictionary.fromObject({
    format_whitelist: FORMATS,
    codec_whitelist: [...CODECS].join(','),
    // No protocol has this name: whatever a container refers to, nothing else is opened.
    protocol_whitelist: 'none',
  });
  try {
    const code = await format.openInput('', null, options);
    if (code >= 0) return;
    throw new HeraldError('refused', mp4LacksIndex(bytes) ? say('upload.noIndex') : NOT_AUDIO);
  } finally {
    options.free();
  }
}

function memoryInput(bytes: Uint8Array): IOContext {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let position = 0;
  const io = new IOContext();
  io.allocContextWithCallbacks(
    IO_BUFFER_BYTES,
    0,
    (size) => {
      if (position >= buffer.length) return null;
      const part = buffer.subarray(position, position + size);
      position += part.length;
      return part;
    },
    null,
    (offset, whence) => {
      const by = Number(offset);
      const how = whence & ~AVSEEK_FORCE;
      if (how === AVSEEK_SIZE) return BigInt(buffer.length);
      const to =
        how === AVSEEK_SET ? by : how === AVSEEK_CUR ? position + by : how === AVSEEK_END ? buffer.length + by : -1;
      if (to < 0) return -1n;
      position = Math.min(to, buffer.length);
      return BigInt(position);
    },
  );
  return io;
}
