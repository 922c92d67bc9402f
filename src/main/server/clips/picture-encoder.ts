import type { AVPixelFormat, FFVideoEncoder } from 'node-av/constants';
import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUVA420P,
  AVCOL_PRI_BT709,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVCOL_TRC_BT709,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  FF_ENCODER_LIBVPX_VP9,
  FF_ENCODER_LIBX264,
} from 'node-av/constants';
import {
  Codec,
  CodecContext,
  type CodecParameters,
  Dictionary,
  FFmpegError,
  type Frame,
  Packet,
  Rational,
} from 'node-av/lib';
import { PICTURES_PER_SECOND } from '../../../shared/units';
import type { I420Picture } from '../avatar/avatar';
import { i420Frame } from '../avatar/i420-frame';
import { track } from '../metrics/native';
import type { ClipFormat } from './format';
import { PictureScaler } from './scaler';
import type { SizePlan } from './size';

/** By quality and not by rate: nobody waits for a clip's next packet. */
interface Recipe {
  encoder: FFVideoEncoder;
  pixels: AVPixelFormat;
  options: Record<string, string>;
}

const RECIPES: Record<ClipFormat, Recipe> = {
  /**
   * At 720x720 of a presenter, `veryfast` takes 4.4 CPU-ms a picture and a sixth of the bytes of the live stream's `ultrafast`;
   * `medium` takes 12 ms and comes out no smaller.
   */
  mp4: {
    encoder: FF_ENCODER_LIBX264,
    pixels: AV_PIX_FMT_YUV420P,
    options: { preset: 'veryfast', crf: '20', profile: 'high' },
  },
  /**
   * Two VP9 streams, one for the colours and one, in each block's additions, for the alpha. Alternate references would be hidden
   * pictures that the two do not make at the same places, so there are none, and nothing to look ahead for.
   */
  webm: {
    encoder: FF_ENCODER_LIBVPX_VP9,
    pixels: AV_PIX_FMT_YUVA420P,
    options: { crf: '24', deadline: 'good', 'cpu-used': '5', 'auto-alt-ref': '0', 'lag-in-frames': '0' },
  },
};
/** Players jump to within 2 s of a place. */
const KEYFRAME_INTERVAL_PICTURES = 2 * PICTURES_PER_SECOND;

/**
 * Pictures for files: no picture is ever dropped; its caller bounds how many wait. One thread: its packets do not depend on the
 * machine, and the other cores draw mouths meanwhile.
 */
export class PictureEncoder {
  private readonly packet = new Packet();
  private readonly untrack = track('clip-encoder');
  private tail: Promise<void> = Promise.resolve();
  /** Not to be collected while frames point at their bytes. */
  private readonly reading: I420Picture[] = [];
  private fault: unknown;
  private closed: Promise<void> | undefined;
  pictures = 0;

  private constructor(
    private readonly context: CodecContext,
    private readonly scaler: PictureScaler | undefined,
    private readonly format: ClipFormat,
    private readonly onPacket: (packet: Packet) => void,
  ) {
    this.packet.alloc();
  }

  /** @param onPacket gets packets in 25ths of a second, in the order of the file, valid until it returns */
  static async open(
    source: { widthPx: number; heightPx: number },
    plan: SizePlan,
    format: ClipFormat,
    onPacket: (packet: Packet) => void,
  ): Promise<PictureEncoder> {
    const { encoder, pixels, options } = RECIPES[format];
    const codec = Codec.findEncoderByName(encoder);
    if (!codec) throw new Error(`This build of FFmpeg has no ${encoder}; reinstall with npm ci`);
    const context = new CodecContext();
    context.allocContext3(codec);
    try {
      context.width = plan.widthPx;
      context.height = plan.heightPx;
      context.pixelFormat = pixels;
      context.timeBase = new Rational(1, PICTURES_PER_SECOND);
      context.framerate = new Rational(PICTURES_PER_SECOND, 1);
      context.gopSize = KEYFRAME_INTERVAL_PICTURES;
      context.colorRange = AVCOL_RANGE_MPEG;
      context.colorSpace = AVCOL_SPC_BT709;
      context.colorPrimaries = AVCOL_PRI_BT709;
      context.colorTrc = AVCOL_TRC_BT709;
      context.threadCount = 1;
      context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
      FFmpegError.throwIfError(await context.open2(codec, Dictionary.fromObject(options)), `open ${encoder}`);
      return new PictureEncoder(context, PictureScaler.of(source, plan, pixels), format, onPacket);
    } catch (error) {
      context.freeContext();
      throw error;
    }
  }

  /** Tells a muxer what comes. */
  describe(parameters: CodecParameters): void {
    FFmpegError.throwIfError(parameters.fromContext(this.context), 'describe the picture');
  }

  /** The next picture. Its bytes are read until the promise resolves. */
  encode(picture: I420Picture): Promise<void> {
    const timeBase = { num: 1, den: PICTURES_PER_SECOND };
    const frame = i420Frame(picture, { pts: BigInt(this.pictures), timeBase });
    this.reading.push(picture);
    const pts = this.pictures++;
    this.tail = this.tail
      .then(() => (this.fault ? undefined : this.run(frame, pts)))
      .catch((error: unknown) => {
        this.fault ??= error;
      })
      .finally(() => {
        frame.free();
        this.reading.shift();
      });
    return this.tail;
  }

  /** Codes what is left. @throws the first thing that went wrong with any picture */
  async finish(): Promise<void> {
    await this.tail;
    if (this.fault) throw this.fault;
    FFmpegError.throwIfError(await this.context.sendFrame(null), 'end the pictures');
    await this.receive();
  }

  close(): Promise<void> {
    this.closed ??= this.tail.then(() => {
      this.scaler?.close();
      this.packet.free();
      this.context.freeContext();
      this.untrack();
    });
    return this.closed;
  }

  private async run(frame: Frame, pts: number): Promise<void> {
    const scaled = this.scaler ? await this.scaler.scale(frame) : frame;
    scaled.pts = BigInt(pts);
    // Asked for, both streams have them at the same pictures: a player that jumps there can decode both.
    if (this.format === 'webm') {
      scaled.pictType = pts % KEYFRAME_INTERVAL_PICTURES === 0 ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    }
    FFmpegError.throwIfError(await this.context.sendFrame(scaled), 'encode a picture');
    await this.receive();
  }

  private async receive(): Promise<void> {
    for (;;) {
      const code = await this.context.receivePacket(this.packet);
      if (code === AVERROR_EAGAIN || code === AVERROR_EOF) return;
      FFmpegError.throwIfError(code, 'encode a picture');
      this.packet.duration = 1n;
      this.onPacket(this.packet);
      this.packet.unref();
    }
  }
}
