import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_CHANNEL_LAYOUT_STEREO,
  AV_CODEC_ID_H264,
  AV_CODEC_ID_OPUS,
  AV_CODEC_ID_VP8,
  AV_PIX_FMT_YUV420P,
  AVCOL_PRI_BT709,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVCOL_TRC_BT709,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
} from 'node-av/constants';
import { type CodecParameters, Dictionary, FFmpegError, FormatContext, IOContext, Packet, Rational } from 'node-av/lib';
import { PICTURES_PER_SECOND, SAMPLE_RATE_HZ, samplesToVideoTicks, VIDEO_CLOCK_HZ } from '../../../../shared/units';
import { track } from '../../metrics/native';
import type { EncodedPacket, MediaFormat } from '../output';

export type Container = 'mp4' | 'webm';

/** VP8 does not go into MP4 (no player reads it there); WebM is its home. */
export const containerOf = (format: MediaFormat): Container => (format.video.codec === 'h264' ? 'mp4' : 'webm');

const IO_BUFFER_BYTES = 64 * 1024;
/** What a crash may cost. */
const FRAGMENT_MS = 500;

/** Sound waits so long for pictures of a starved encoder, to be interleaved with them; unsaid it is 10 s, which a crash would cost. */
const PROMPT = { max_interleave_delta: String(FRAGMENT_MS * 1_000) };

/**
 * Fragments carry their own index, so what was written is playable however it ends. The header waits for the first of them
 * (delay_moov): only then can it say that the sound's first packet is there to prime the decoder and not to be heard.
 */
const OPTIONS: Record<Container, Record<string, string>> = {
  mp4: {
    ...PROMPT,
    movflags: 'frag_keyframe+empty_moov+default_base_moof+delay_moov',
    frag_duration: String(FRAGMENT_MS * 1_000),
    flush_packets: '1',
  },
  webm: { ...PROMPT, cluster_time_limit: String(FRAGMENT_MS), flush_packets: '1' },
};

/** libopus looks so far ahead: a packet's sound begins this much before its time. */
export const OPUS_PRE_SKIP_SAMPLES = 312;

/**
 * Muxes packets into a file that only grows. It works in memory, on the caller's thread and without waiting (0.02 ms a packet);
 * the bytes go to `onBytes`, so that the disk, and what goes wrong with it, is somebody else's.
 */
export class FragmentMuxer {
  private readonly output = new FormatContext();
  private readonly io = new IOContext();
  private readonly packet = new Packet();
  private readonly untrack = track('muxer');
  /** What the call under way produced: a whole fragment, mostly. */
  private pieces: Buffer[] = [];
  private closed = false;

  /**
   * @param describeSound fills in the sound's codec parameters where it is AAC
   * @param onBytes gets bytes of its own, a fragment at a time, in the order of the file
   * @throws Error when FFmpeg refuses the streams
   */
  constructor(
    private readonly container: Container,
    format: MediaFormat,
    describeSound: (parameters: CodecParameters) => void,
    private readonly onBytes: (bytes: Buffer) => void,
  ) {
    this.packet.alloc();
    try {
      this.io.allocContextWithCallbacks(IO_BUFFER_BYTES, 1, null, (bytes) => {
        this.pieces.push(Buffer.from(bytes));
        return bytes.length;
      });
      FFmpegError.throwIfError(this.output.allocOutputContext2(null, container, null), 'make the container');
      this.output.pb = this.io;
      const video = this.output.newStream(null);
      video.timeBase = new Rational(1, VIDEO_CLOCK_HZ);
      video.avgFrameRate = new Rational(PICTURES_PER_SECOND, 1);
      describePicture(video.codecpar, format);
      const audio = this.output.newStream(null);
      audio.timeBase = new Rational(1, SAMPLE_RATE_HZ);
      if (container === 'mp4') describeSound(audio.codecpar);
      else describeOpus(audio.codecpar, format.audio.channels);
      const options = Dictionary.fromObject(OPTIONS[container]);
      FFmpegError.throwIfError(this.output.writeHeaderSync(options), 'begin the file');
      this.handOver();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** `packet` with the time it has in the recording. */
  video({ data, ptsSamples, durationSamples, keyframe }: EncodedPacket): void {
    const pts = samplesToVideoTicks(ptsSamples);
    this.write(0, VIDEO_CLOCK_HZ, { data, pts, duration: samplesToVideoTicks(durationSamples), keyframe });
  }

  audio({ data, ptsSamples, durationSamples }: EncodedPacket): void {
    const pts = this.container === 'webm' ? ptsSamples - OPUS_PRE_SKIP_SAMPLES : ptsSamples;
    this.write(1, SAMPLE_RATE_HZ, { data, pts, duration: durationSamples, keyframe: true });
  }

  /** Writes what was held back to interleave it, and the end of the file. */
  finish(): void {
    FFmpegError.throwIfError(this.output.writeTrailerSync(), 'end the file');
    this.handOver();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.packet.free();
    // In this order: a context that still knows its custom IO frees it a second time.
    this.output.pb = null;
    this.output.freeContext();
    this.io.freeContext();
    this.untrack();
  }

  private write(
    streamIndex: number,
    clockHz: number,
    { data, pts, duration, keyframe }: { data: Uint8Array; pts: number; duration: number; keyframe: boolean },
  ): void {
    const { packet } = this;
    packet.data = Buffer.from(data.buffer, data.byteOffset, data.length); // FFmpeg copies it
    packet.streamIndex = streamIndex;
    packet.pts = packet.dts = BigInt(Math.round(pts));
    packet.duration = BigInt(Math.round(duration));
    packet.isKeyframe = keyframe;
    packet.rescaleTs(new Rational(1, clockHz), this.output.streams[streamIndex]!.timeBase);
    FFmpegError.throwIfError(this.output.interleavedWriteFrameSync(packet), 'add to the file');
    packet.unref();
    this.handOver();
  }

  private handOver(): void {
    const [first, ...more] = this.pieces;
    if (!first) return;
    this.pieces = [];
    this.onBytes(more.length > 0 ? Buffer.concat([first, ...more]) : first);
  }
}

export function describePicture(parameters: CodecParameters, { video }: MediaFormat): void {
  parameters.codecType = AVMEDIA_TYPE_VIDEO;
  parameters.codecId = video.codec === 'h264' ? AV_CODEC_ID_H264 : AV_CODEC_ID_VP8;
  parameters.width = video.widthPx;
  parameters.height = video.heightPx;
  parameters.format = AV_PIX_FMT_YUV420P;
  parameters.colorRange = AVCOL_RANGE_MPEG;
  parameters.colorSpace = AVCOL_SPC_BT709;
  parameters.colorPrimaries = AVCOL_PRI_BT709;
  parameters.colorTrc = AVCOL_TRC_BT709;
  if (video.extradata) parameters.extradata = Buffer.from(video.extradata);
}

/** RFC 7845 section 5.1: the identification header, which WebM keeps as the codec's private data. */
export function describeOpus(parameters: CodecParameters, channels: number): void {
  const header = Buffer.alloc(19);
  header.write('OpusHead');
  header.writeUInt8(1, 8); // version
  header.writeUInt8(channels, 9);
  header.writeUInt16LE(OPUS_PRE_SKIP_SAMPLES, 10);
  header.writeUInt32LE(SAMPLE_RATE_HZ, 12);
  parameters.codecType = AVMEDIA_TYPE_AUDIO;
  parameters.codecId = AV_CODEC_ID_OPUS;
  parameters.sampleRate = SAMPLE_RATE_HZ;
  parameters.channelLayout = channels === 1 ? AV_CHANNEL_LAYOUT_MONO : AV_CHANNEL_LAYOUT_STEREO;
  parameters.initialPadding = OPUS_PRE_SKIP_SAMPLES;
  parameters.extradata = header;
}
