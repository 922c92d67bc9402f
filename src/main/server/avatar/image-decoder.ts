import {
  AV_CODEC_ID_MJPEG,
  AV_CODEC_ID_PNG,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUV422P,
  AV_PIX_FMT_YUV440P,
  AV_PIX_FMT_YUV444P,
  AV_PIX_FMT_YUVJ420P,
  AV_PIX_FMT_YUVJ422P,
  AV_PIX_FMT_YUVJ440P,
  AV_PIX_FMT_YUVJ444P,
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  type AVCodecID,
  type AVPixelFormat,
} from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, Frame, Packet, SoftwareScaleContext } from 'node-av/lib';
import { track } from '../metrics/native';
import { isJpeg, isPng } from './image-header';

const JPEG_FORMATS = new Map<AVPixelFormat, AVPixelFormat>([
  [AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUV420P],
  [AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUV422P],
  [AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUV444P],
  [AV_PIX_FMT_YUVJ440P, AV_PIX_FMT_YUV440P],
]);

/** Chroma from all four pixels and no shortcuts: this is done once per picture, what comes of it is shown for ever. */
const SCALER_FLAGS = 'bicubic+accurate_rnd+full_chroma_int+full_chroma_inp';

/**
 * PNG and JPEG files to the pictures that Herald shows: I420 in limited-range BT.709, the last row or column of an odd
 * picture left out (I420 has one chroma sample for two pixels; cropping invents nothing, and nobody misses the line). Alpha
 * is dropped, as OpenCV does for LiveTalking. One picture at a time.
 */
export class ImageDecoder {
  private readonly decoders = new Map<AVCodecID, CodecContext>();
  private readonly scaler = new SoftwareScaleContext();
  private readonly packet = new Packet();
  private readonly source = new Frame();
  private readonly untrack = track('image-decoder');

  constructor() {
    this.scaler.allocContext();
    this.scaler.setOption('sws_flags', SCALER_FLAGS);
    this.packet.alloc();
    this.source.alloc();
  }

  /**
   * @returns a frame that the caller frees
   * @throws Error with what is wrong, as the end of a sentence that starts with the file's name
   */
  async decode(bytes: Buffer, widthPx: number, heightPx: number): Promise<Frame> {
    const codecId = isPng(bytes) ? AV_CODEC_ID_PNG : isJpeg(bytes) ? AV_CODEC_ID_MJPEG : undefined;
    if (codecId === undefined) throw new Error('is neither a PNG nor a JPEG');
    const decoder = await this.decoder(codecId);
    const { packet, source } = this;
    const check = (code: number) => {
      if (code < 0) throw new Error(`cannot be decoded (${new FFmpegError(code).message})`);
    };
    try {
      packet.data = bytes;
      // Without this mark FFmpeg takes a PNG for the difference to the one before, as PNG in AVI may be.
      packet.isKeyframe = true;
      check(await decoder.sendPacket(packet));
      check(await decoder.receiveFrame(source));
      if ((source.width & ~1) !== widthPx || (source.height & ~1) !== heightPx) {
        throw new Error(`is ${source.width}x${source.height}, not ${widthPx}x${heightPx} like the others`);
      }
      // FFmpeg conceals what a damaged file lacks; a picture that is half grey must not be shown for ever.
      if (source.decodeErrorFlags !== 0) throw new Error('is damaged');
      source.width = widthPx;
      source.height = heightPx;
      // FFmpeg's JPEG formats say "full range" in their name; the scaler wants it beside the format.
      const plain = JPEG_FORMATS.get(source.format as AVPixelFormat);
      if (plain !== undefined) {
        source.format = plain;
        source.colorRange = AVCOL_RANGE_JPEG;
      }
      return await this.toI420(source);
    } finally {
      packet.unref();
      source.unref();
      decoder.flushBuffers();
    }
  }

  close(): void {
    for (const decoder of this.decoders.values()) decoder.freeContext();
    this.decoders.clear();
    this.scaler.freeContext();
    this.packet.free();
    this.source.free();
    this.untrack();
  }

  private async toI420(source: Frame): Promise<Frame> {
    const target = new Frame();
    target.alloc();
    try {
      target.width = source.width;
      target.height = source.height;
      target.format = AV_PIX_FMT_YUV420P;
      // The scaler takes matrix and range of both sides from the frames: RGB as it is, JPEG as full-range BT.601.
      target.colorSpace = AVCOL_SPC_BT709;
      target.colorRange = AVCOL_RANGE_MPEG;
      FFmpegError.throwIfError(target.allocBuffer(), 'allocate a picture');
      FFmpegError.throwIfError(await this.scaler.scaleFrame(target, source), 'convert a picture to I420');
      return target;
    } catch (error) {
      target.free();
      throw error;
    }
  }

  private async decoder(codecId: AVCodecID): Promise<CodecContext> {
    const known = this.decoders.get(codecId);
    if (known) return known;
    const codec = Codec.findDecoder(codecId);
    if (!codec) throw new Error('needs a decoder that this build of FFmpeg lacks; reinstall with npm ci');
    const decoder = new CodecContext();
    decoder.allocContext3(codec);
    decoder.threadCount = 1; // pictures side by side, not pieces of one
    decoder.setOption('err_detect', 'crccheck+explode');
    FFmpegError.throwIfError(await decoder.open2(codec), 'open the image decoder');
    this.decoders.set(codecId, decoder);
    return decoder;
  }
}
