import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_CODEC_ID_AAC,
  AV_PROFILE_AAC_LOW,
  AV_SAMPLE_FMT_FLTP,
  AVMEDIA_TYPE_AUDIO,
} from 'node-av/constants';
import { type CodecParameters, Dictionary, FFmpegError, FormatContext, Packet, Rational } from 'node-av/lib';
import { PICTURES_PER_SECOND, SAMPLE_RATE_HZ, samplesToVideoTicks, VIDEO_CLOCK_HZ } from '../../../../shared/units';
import { track } from '../../metrics/native';
import { describePicture } from '../recorder/fragments';
import type { AacFormat, FlvFormat, FlvPacket } from './messages';

/** A stream has no end that could be written into its beginning, and every packet is to leave at once. */
const OPTIONS = { flvflags: 'no_duration_filesize', flush_packets: '1' };

/**
 * FFmpeg's FLV muxer on an address: `rtmp://`, `rtmps://`, or a file. H.264 goes in as the encoder made it (Annex B); the muxer
 * turns it into AVCC. One call at a time.
 */
export class FlvWriter {
  private readonly output = new FormatContext();
  private readonly packet = new Packet();
  private readonly untrack = track('flv-writer');
  private opened = false;
  private begun = false;
  private closed = false;

  private constructor() {
    this.packet.alloc();
  }

  /**
   * Connects, publishes and writes the streams' headers. Takes as long as the far end takes.
   * @throws FFmpegError
   */
  static async open(url: string, format: FlvFormat): Promise<FlvWriter> {
    const writer = new FlvWriter();
    try {
      await writer.begin(url, format);
      return writer;
    } catch (error) {
      await writer.close();
      throw error;
    }
  }

  /** Takes as long as the far end takes. @throws FFmpegError when the connection is lost */
  async write({ kind, data, ptsSamples, durationSamples, keyframe }: FlvPacket): Promise<void> {
    const { packet } = this;
    const video = kind === 'video';
    const ticks = (samples: number) => BigInt(Math.round(video ? samplesToVideoTicks(samples) : samples));
    packet.data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    packet.streamIndex = video ? 0 : 1;
    packet.pts = packet.dts = ticks(ptsSamples);
    packet.duration = ticks(durationSamples);
    packet.isKeyframe = keyframe;
    const clock = new Rational(1, video ? VIDEO_CLOCK_HZ : SAMPLE_RATE_HZ);
    packet.rescaleTs(clock, this.output.streams[packet.streamIndex]!.timeBase);
    try {
      FFmpegError.throwIfError(await this.output.interleavedWriteFrame(packet), 'send');
    } finally {
      packet.unref();
    }
  }

  /** Writes what was held back to interleave it, tells the far end that the stream ends, and frees everything. Never throws. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    if (this.begun) await this.output.writeTrailer().catch(() => {});
    if (this.opened) await this.output.closeOutput().catch(() => {});
    this.packet.free();
    this.output.freeContext();
    this.untrack();
  }

  private async begin(url: string, { picture, sound }: FlvFormat): Promise<void> {
    const { output } = this;
    FFmpegError.throwIfError(output.allocOutputContext2(null, 'flv', url), 'prepare the stream');
    const video = output.newStream(null);
    video.timeBase = new Rational(1, VIDEO_CLOCK_HZ);
    video.avgFrameRate = new Rational(PICTURES_PER_SECOND, 1);
    describePicture(video.codecpar, picture);
    video.codecpar.bitRate = BigInt(picture.video.bitrateBps ?? 0);
    const audio = output.newStream(null);
    audio.timeBase = new Rational(1, sound.sampleRateHz);
    describeAac(audio.codecpar, sound);
    FFmpegError.throwIfError(await output.openOutput(), 'connect');
    this.opened = true;
    FFmpegError.throwIfError(await output.writeHeader(Dictionary.fromObject(OPTIONS)), 'begin the stream');
    this.begun = true;
  }
}

function describeAac(parameters: CodecParameters, sound: AacFormat): void {
  parameters.codecType = AVMEDIA_TYPE_AUDIO;
  parameters.codecId = AV_CODEC_ID_AAC;
  parameters.profile = AV_PROFILE_AAC_LOW;
  parameters.format = AV_SAMPLE_FMT_FLTP;
  parameters.sampleRate = sound.sampleRateHz;
  parameters.channelLayout = AV_CHANNEL_LAYOUT_MONO;
  parameters.bitRate = BigInt(sound.bitrateBps);
  parameters.frameSize = sound.samplesPerPacket;
  parameters.extradata = Buffer.from(sound.extradata);
}
