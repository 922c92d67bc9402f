import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_SAMPLE_FMT_FLTP,
  FF_ENCODER_AAC,
} from 'node-av/constants';
import {
  Codec,
  CodecContext,
  type CodecParameters,
  Dictionary,
  FFmpegError,
  Frame,
  Packet,
  Rational,
} from 'node-av/lib';
import { SAMPLE_RATE_HZ } from '../../../shared/units';
import { track } from '../metrics/native';
import type { EncodedPacket } from '../outputs/output';

/** AAC-LC codes 1,024 samples at a time. */
const SAMPLES_PER_PACKET = 1_024;
/**
 * The default coder (twoloop) tries quantisers one after the other until the noise that it shapes fits the rate. One voice at 96 kbit/s
 * has bits to spare: `fast` takes half the time and comes out nearer to the original (speech: 41-45 dB where twoloop leaves 27-30).
 */
const OPTIONS = { aac_coder: 'fast' };

/**
 * AAC, 48 kHz mono, by FFmpeg's own encoder (libfdk's licence does not go with x264's): what files and RTMP want where viewers
 * get Opus. Called synchronously, as Opus is, and for the same reason.
 */
export class AacEncoder {
  private readonly packet = new Packet();
  /** Samples that do not fill a packet yet. */
  private readonly held = new Float32Array(SAMPLES_PER_PACKET);
  private heldSamples = 0;
  private inputSamples = 0;
  private closed = false;

  private constructor(
    private readonly context: CodecContext,
    private readonly untrack: () => void,
    private readonly onPacket: (packet: EncodedPacket) => void,
  ) {
    this.packet.alloc();
  }

  /** @param onPacket gets times that count from the first sample given; the first packet primes the decoder and lies before it */
  static async open(bitrateBps: number, onPacket: (packet: EncodedPacket) => void): Promise<AacEncoder> {
    const codec = Codec.findEncoderByName(FF_ENCODER_AAC);
    if (!codec) throw new Error('This build of FFmpeg has no AAC encoder; reinstall with npm ci');
    const context = new CodecContext();
    context.allocContext3(codec);
    const untrack = track('aac-encoder');
    try {
      context.sampleRate = SAMPLE_RATE_HZ;
      context.sampleFormat = AV_SAMPLE_FMT_FLTP;
      context.channelLayout = AV_CHANNEL_LAYOUT_MONO;
      context.bitRate = BigInt(bitrateBps);
      context.timeBase = new Rational(1, SAMPLE_RATE_HZ);
      context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER); // containers keep the header, packets do not
      FFmpegError.throwIfError(await context.open2(codec, Dictionary.fromObject(OPTIONS)), 'open aac');
      return new AacEncoder(context, untrack, onPacket);
    } catch (error) {
      context.freeContext();
      untrack();
      throw error;
    }
  }

  /** Tells a muxer what comes. */
  describe(parameters: CodecParameters): void {
    FFmpegError.throwIfError(parameters.fromContext(this.context), 'describe the sound');
  }

  /** Any number of samples in [-1, 1], read before the call returns. */
  encode(samples: Float32Array): void {
    for (let at = 0; at < samples.length && !this.closed; ) {
      const taken = Math.min(samples.length - at, SAMPLES_PER_PACKET - this.heldSamples);
      this.held.set(samples.subarray(at, at + taken), this.heldSamples);
      this.heldSamples += taken;
      at += taken;
      if (this.heldSamples === SAMPLES_PER_PACKET) this.send();
    }
  }

  /** Codes what is left. Nothing can be encoded afterwards. */
  finish(): void {
    if (this.closed) return;
    if (this.heldSamples > 0) this.send();
    FFmpegError.throwIfError(this.context.sendFrameSync(null), 'end the sound');
    this.receive();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.packet.free();
    this.context.freeContext();
    this.untrack();
  }

  private send(): void {
    const { buffer, byteOffset } = this.held;
    const frame = Frame.fromAudioBuffer(Buffer.from(buffer, byteOffset, this.heldSamples * 4), {
      nbSamples: this.heldSamples,
      format: AV_SAMPLE_FMT_FLTP,
      sampleRate: SAMPLE_RATE_HZ,
      channelLayout: AV_CHANNEL_LAYOUT_MONO,
      timeBase: { num: 1, den: SAMPLE_RATE_HZ },
      pts: BigInt(this.inputSamples),
    });
    this.inputSamples += this.heldSamples;
    this.heldSamples = 0;
    try {
      FFmpegError.throwIfError(this.context.sendFrameSync(frame), 'encode sound');
    } finally {
      frame.free();
    }
    this.receive();
  }

  private receive(): void {
    while (this.context.receivePacketSync(this.packet) >= 0) {
      const { data, pts, duration } = this.packet;
      // Padding behind the last sample says that it lasts no time at all: it is not sound of ours.
      if (data && Number(pts) < this.inputSamples) {
        const durationSamples = Math.min(Number(duration), this.inputSamples - Number(pts));
        this.onPacket({ data: Buffer.from(data), ptsSamples: Number(pts), durationSamples, keyframe: true });
      }
      this.packet.unref();
    }
  }
}
