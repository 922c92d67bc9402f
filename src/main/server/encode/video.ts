import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AV_PIX_FMT_YUV420P,
  AVCOL_PRI_BT709,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVCOL_TRC_BT709,
  FF_ENCODER_LIBVPX_VP8,
  FF_ENCODER_LIBX264,
} from 'node-av/constants';
import { Codec, CodecContext, Dictionary, FFmpegError, type Frame, Packet, Rational } from 'node-av/lib';
import { PICTURES_PER_SECOND, SAMPLES_PER_PICTURE, samplesToVideoTicks, VIDEO_CLOCK_HZ } from '../../../shared/units';
import type { I420Picture } from '../avatar/avatar';
import { i420Frame } from '../avatar/i420-frame';
import { track } from '../metrics/native';
import type { EncodedPacket } from '../outputs/output';

export type VideoCodec = 'h264' | 'vp8';

export interface VideoEncoderOptions {
  codec: VideoCodec;
  widthPx: number;
  heightPx: number;
  bitrateBps: number;
  /** Longest distance between keyframes, in pictures. PLI and FIR ask for more. */
  keyframeIntervalPictures: number;
  /** 25 unless said; what the rate is spread over. */
  picturesPerSecond?: number;
}

/**
 * Pictures that wait for an encoder which does not keep up; beyond it a picture is dropped and counted rather than making everyone
 * late for good.
 */
const STANDING_PICTURES = 4;
/**
 * An encoder that had nothing to do a moment ago does keep up: what comes at once then is what playout catches up with after this
 * process stood still, a second at most. All of it is through in less than a tenth of that, and in time for a recording or a
 * stream, where a dropped picture stays missing.
 */
const BURST_PICTURES = 26;
/** Longer than the longest time that playout catches up, and the picture that was in the encoder before it. */
const BURST_MS = 1_500;

/**
 * One video encoder (x264 or libvpx, both in node-av). Calls are serialised: node-av segfaults when two asynchronous calls
 * are inside one codec context at once.
 */
export class VideoEncoder {
  private tail: Promise<void> = Promise.resolve();
  private pending = 0;
  /** Frames point at their pictures' bytes, so these must neither change nor go. */
  private readonly reading: I420Picture[] = [];
  /** When a picture last found the queue empty, monotonic ms. */
  private idleAtMs = Number.NEGATIVE_INFINITY;
  private keyframeWanted = true;
  private newBitrateBps: number | undefined;
  private closing = false;
  droppedPictures = 0;
  encodedPictures = 0;

  private constructor(
    private readonly context: CodecContext,
    private readonly packet: Packet,
    private readonly untrack: () => void,
    private readonly onPacket: (packet: EncodedPacket) => void,
    private readonly onError: (error: Error) => void,
    private readonly codec: VideoCodec,
  ) {}

  static async open(
    options: VideoEncoderOptions,
    onPacket: (packet: EncodedPacket) => void,
    onError: (error: Error) => void,
  ): Promise<VideoEncoder> {
    const name = options.codec === 'h264' ? FF_ENCODER_LIBX264 : FF_ENCODER_LIBVPX_VP8;
    const codec = Codec.findEncoderByName(name);
    if (!codec) throw new Error(`This build of FFmpeg has no ${name} encoder; reinstall with npm ci`);
    const context = new CodecContext();
    context.allocContext3(codec);
    const untrack = track('video-encoder');
    try {
      context.width = options.widthPx;
      context.height = options.heightPx;
      context.pixelFormat = AV_PIX_FMT_YUV420P;
      context.timeBase = new Rational(1, VIDEO_CLOCK_HZ);
      const { num, den } = rateOf(options.picturesPerSecond ?? PICTURES_PER_SECOND);
      context.framerate = new Rational(num, den);
      setBitrate(context, options.bitrateBps);
      context.gopSize = options.keyframeIntervalPictures;
      context.colorRange = AVCOL_RANGE_MPEG;
      context.colorSpace = AVCOL_SPC_BT709;
      context.colorPrimaries = AVCOL_PRI_BT709;
      context.colorTrc = AVCOL_TRC_BT709;
      context.maxBFrames = 0;
      context.threadCount = 1;
      if (options.codec === 'h264') context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
      FFmpegError.throwIfError(
        await context.open2(codec, Dictionary.fromObject(encoderOptions(options.codec))),
        `open ${name}`,
      );
      const packet = new Packet();
      packet.alloc();
      return new VideoEncoder(context, packet, untrack, onPacket, onError, options.codec);
    } catch (error) {
      context.freeContext();
      untrack();
      throw error;
    }
  }

  /** SPS and PPS in Annex B; undefined for VP8. */
  get extradata(): Uint8Array | undefined {
    return this.context.extraData ?? undefined;
  }

  /** The next picture that is taken becomes one. */
  requestKeyframe(): void {
    this.keyframeWanted = true;
  }

  /**
   * Another bit rate from the next picture on, no keyframe. False where the codec cannot: FFmpeg tells x264 of new rates while it
   * runs, libvpx it does not.
   */
  retune(bitrateBps: number): boolean {
    if (this.codec !== 'h264') return false;
    this.newBitrateBps = bitrateBps;
    return true;
  }

  /** Queues a picture; `release` is called once its bytes have been read (or it was dropped). */
  encode(picture: I420Picture, ptsSamples: number, release?: () => void): void {
    if (this.closing || this.pending >= this.mostPending()) {
      if (!this.closing) this.droppedPictures++;
      release?.();
      return;
    }
    this.pending++;
    const frame = this.frame(picture, ptsSamples);
    // Now and not when its turn comes: whoever asked was told which picture it will be.
    frame.pictType = this.keyframeWanted ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    this.keyframeWanted = false;
    this.reading.push(picture);
    this.tail = this.tail
      .then(() => this.run(frame))
      .catch((error: unknown) => this.onError(error instanceof Error ? error : new Error(String(error))))
      .finally(() => {
        frame.free();
        this.reading.shift();
        release?.();
        this.pending--;
      });
  }

  async close(): Promise<void> {
    if (this.closing) return this.tail;
    this.closing = true;
    this.tail = this.tail.finally(() => {
      this.packet.free();
      this.context.freeContext();
      this.untrack();
    });
    await this.tail;
  }

  private mostPending(): number {
    const nowMs = performance.now();
    if (this.pending === 0) this.idleAtMs = nowMs;
    return nowMs - this.idleAtMs < BURST_MS ? BURST_PICTURES : STANDING_PICTURES;
  }

  private frame(picture: I420Picture, ptsSamples: number): Frame {
    return i420Frame(picture, {
      pts: BigInt(samplesToVideoTicks(ptsSamples)),
      timeBase: { num: 1, den: VIDEO_CLOCK_HZ },
    });
  }

  private async run(frame: Frame): Promise<void> {
    // Here, because no call is inside the context now.
    if (this.newBitrateBps !== undefined) setBitrate(this.context, this.newBitrateBps);
    this.newBitrateBps = undefined;
    FFmpegError.throwIfError(await this.context.sendFrame(frame), 'encode picture');
    while ((await this.context.receivePacket(this.packet)) >= 0) {
      this.encodedPictures++;
      if (!this.closing && this.packet.data) {
        this.onPacket({
          data: Buffer.from(this.packet.data), // ours to keep: the native packet is reused
          ptsSamples: Math.round((Number(this.packet.pts) * 8) / 15),
          durationSamples: SAMPLES_PER_PICTURE,
          keyframe: this.packet.isKeyframe,
        });
      }
      this.packet.unref();
    }
  }
}

function setBitrate(context: CodecContext, bitrateBps: number): void {
  context.bitRate = BigInt(bitrateBps);
  context.rcMaxRate = BigInt(bitrateBps);
  // A sixth of a second of rate buffer: a keyframe three times as large made viewers hold every picture 17 ms longer and
  // shift sound against picture by 20 ms while their jitter buffers forgot it.
  context.rcBufferSize = Math.round(bitrateBps / 6);
}

/** 12.5 is 25 in 2 s. */
const rateOf = (perSecond: number) =>
  Number.isInteger(perSecond) ? { num: perSecond, den: 1 } : { num: Math.round(perSecond * 2), den: 2 };

function encoderOptions(codec: VideoCodec): Record<string, string> {
  if (codec === 'h264') {
    return {
      preset: 'ultrafast',
      tune: 'zerolatency',
      profile: 'baseline',
      'forced-idr': '1',
      // One slice per picture (fewer, fuller packets); no scene cuts: keyframes come when someone asks.
      'x264-params': 'sliced-threads=0:scenecut=0:rc-lookahead=0',
    };
  }
  return {
    deadline: 'realtime',
    'cpu-used': '8',
    'lag-in-frames': '0',
    'error-resilient': '0',
    'static-thresh': '0',
    // A keyframe of so many per cent of a picture's share at most: the rate buffer alone does not keep libvpx from more.
    'max-intra-rate': '450',
  };
}
