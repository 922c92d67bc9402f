import { AV_CHANNEL_LAYOUT_MONO, AV_SAMPLE_FMT_FLT, FF_ENCODER_LIBOPUS } from 'node-av/constants';
import { Codec, CodecContext, Dictionary, FFmpegError, Frame, Packet, Rational } from 'node-av/lib';
import { SAMPLE_RATE_HZ, SAMPLES_PER_FRAME } from '../../../shared/units';
import { track } from '../metrics/native';
import type { EncodedPacket } from '../outputs/output';

/**
 * Opus, 48 kHz mono, one 20 ms packet per frame. Called synchronously (7 CPU-ms per second): the asynchronous calls starve
 * behind x264 in libuv's four threads from eight sessions on.
 */
export class OpusEncoder {
  private readonly packet = new Packet();
  private closed = false;

  private constructor(
    private readonly context: CodecContext,
    private readonly untrack: () => void,
  ) {
    this.packet.alloc();
  }

  static async open(bitrateBps: number): Promise<OpusEncoder> {
    const codec = Codec.findEncoderByName(FF_ENCODER_LIBOPUS);
    if (!codec) throw new Error('This build of FFmpeg has no libopus encoder; reinstall with npm ci');
    const context = new CodecContext();
    context.allocContext3(codec);
    const untrack = track('opus-encoder');
    try {
      context.sampleRate = SAMPLE_RATE_HZ;
      context.sampleFormat = AV_SAMPLE_FMT_FLT;
      context.channelLayout = AV_CHANNEL_LAYOUT_MONO;
      context.bitRate = BigInt(bitrateBps);
      context.timeBase = new Rational(1, SAMPLE_RATE_HZ);
      const options = Dictionary.fromObject({ application: 'audio', frame_duration: '20', vbr: 'on' });
      // Not open2Sync: node-av 6.1.1 frees the options twice there and the process dies some time later.
      FFmpegError.throwIfError(await context.open2(codec, options), 'open libopus');
      return new OpusEncoder(context, untrack);
    } catch (error) {
      context.freeContext();
      untrack();
      throw error;
    }
  }

  /** Encodes 960 samples in [-1, 1]; returns the packet, whose data is valid until the next call. */
  encode(samples: Float32Array, ptsSamples: number): EncodedPacket | undefined {
    if (this.closed) return undefined;
    const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    const frame = Frame.fromAudioBuffer(bytes, {
      nbSamples: SAMPLES_PER_FRAME,
      format: AV_SAMPLE_FMT_FLT,
      sampleRate: SAMPLE_RATE_HZ,
      channelLayout: AV_CHANNEL_LAYOUT_MONO,
      timeBase: { num: 1, den: SAMPLE_RATE_HZ },
      pts: BigInt(ptsSamples),
    });
    try {
      FFmpegError.throwIfError(this.context.sendFrameSync(frame), 'encode audio');
    } finally {
      frame.free();
    }
    if (this.context.receivePacketSync(this.packet) < 0 || !this.packet.data) return undefined;
    const data = Buffer.from(this.packet.data);
    this.packet.unref();
    return { data, ptsSamples, durationSamples: SAMPLES_PER_FRAME, keyframe: true };
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.packet.free();
    this.context.freeContext();
    this.untrack();
  }
}
