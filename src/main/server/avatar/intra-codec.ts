import {
  AV_CODEC_ID_UTVIDEO,
  AV_PIX_FMT_YUV420P,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVMEDIA_TYPE_VIDEO,
  FF_ENCODER_UTVIDEO,
} from 'node-av/constants';
import {
  Codec,
  CodecContext,
  CodecParameters,
  Dictionary,
  FFmpegError,
  type Frame,
  Packet,
  Rational,
} from 'node-av/lib';
import { PICTURES_PER_SECOND } from '../../../shared/units';
import { track } from '../metrics/native';

/**
 * How the pictures of an imported folder are kept: UT Video, lossless, each picture on its own. 1080x1920 footage with fine
 * grain (PNG 2,957 kB), one thread of an EPYC core, CPU-ms and kB per picture, dB of luma:
 *
 *                       decode  encode     kB    PSNR
 *     PNG itself          45         -   2957       =   (36 to decode, 9 to I420)
 *     UT Video, left       4.8     6.5   1045       =
 *     UT Video, median     8.6     8.3    970       =
 *     MagicYUV, left       5.3     7.6   1069       =
 *     MJPEG q 2            5.1     8.2    156    47.2
 *     H.264 intra crf 12   6.9    11.0    223    48.2   (ultrafast)
 *     H.264 intra crf 16   5.0     7.4    149    46.4
 *     FFV1                55      44      797       =
 *
 * Decoding happens 25 times a second for as long as somebody watches, so it comes first; of the cheapest, this one loses
 * nothing: what stands while a folder is converted is what the walk begins with, an idle picture is the folder's own to the
 * bit, and no second generation of loss ever touches a face. The price is disk: a third of the PNGs that it stands for.
 */
const OPTIONS = { pred: 'left' };

/** What a decoder has to be told besides the bytes of a picture. */
export interface IntraFormat {
  widthPx: number;
  heightPx: number;
  codecTag: number;
  extradata: Buffer;
}

/** One picture in, its bytes out. One call at a time. */
export class IntraEncoder {
  private readonly packet = new Packet();
  private readonly untrack = track('intra-encoder');

  private constructor(private readonly context: CodecContext) {
    this.packet.alloc();
  }

  static async open(widthPx: number, heightPx: number): Promise<IntraEncoder> {
    const codec = Codec.findEncoderByName(FF_ENCODER_UTVIDEO);
    if (!codec) throw new Error('This build of FFmpeg has no UT Video encoder; reinstall with npm ci');
    const context = new CodecContext();
    context.allocContext3(codec);
    context.width = widthPx;
    context.height = heightPx;
    context.pixelFormat = AV_PIX_FMT_YUV420P;
    context.colorSpace = AVCOL_SPC_BT709;
    context.colorRange = AVCOL_RANGE_MPEG;
    context.timeBase = new Rational(1, PICTURES_PER_SECOND);
    context.threadCount = 1;
    try {
      FFmpegError.throwIfError(await context.open2(codec, Dictionary.fromObject(OPTIONS)), 'open the picture encoder');
    } catch (error) {
      context.freeContext();
      throw error;
    }
    return new IntraEncoder(context);
  }

  get format(): IntraFormat {
    const { width, height, codecTag, extraData } = this.context;
    return { widthPx: width, heightPx: height, codecTag: Number(codecTag), extradata: extraData ?? Buffer.alloc(0) };
  }

  async encode(frame: Frame): Promise<Buffer> {
    FFmpegError.throwIfError(await this.context.sendFrame(frame), 'encode a picture');
    FFmpegError.throwIfError(await this.context.receivePacket(this.packet), 'encode a picture');
    const bytes = Buffer.from(this.packet.data!);
    this.packet.unref();
    return bytes;
  }

  close(): void {
    this.packet.free();
    this.context.freeContext();
    this.untrack();
  }
}

/** A decoder for pictures of this format; the caller frees it. */
export async function openIntraDecoder(format: IntraFormat): Promise<CodecContext> {
  const codec = Codec.findDecoder(AV_CODEC_ID_UTVIDEO);
  if (!codec) throw new Error('This build of FFmpeg has no UT Video decoder; reinstall with npm ci');
  const parameters = new CodecParameters();
  parameters.alloc();
  const context = new CodecContext();
  context.allocContext3(codec);
  try {
    parameters.codecType = AVMEDIA_TYPE_VIDEO;
    parameters.codecId = AV_CODEC_ID_UTVIDEO;
    parameters.codecTag = format.codecTag; // says which pixel format is inside
    parameters.format = AV_PIX_FMT_YUV420P;
    parameters.width = format.widthPx;
    parameters.height = format.heightPx;
    parameters.extradata = format.extradata;
    FFmpegError.throwIfError(context.parametersToContext(parameters), 'describe the pictures');
    context.threadCount = 1;
    FFmpegError.throwIfError(await context.open2(codec), 'open the picture decoder');
    return context;
  } catch (error) {
    context.freeContext();
    throw error;
  } finally {
    parameters.free();
  }
}
