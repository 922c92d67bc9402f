import { AV_CODEC_ID_RAWVIDEO, AV_PIX_FMT_YUV420P, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { Dictionary, FFmpegError, FormatContext, Packet, Rational } from 'node-av/lib';
import { PICTURES_PER_SECOND } from '../../../../shared/units';
import { track } from '../../metrics/native';
import type { CameraTarget } from './messages';

/**
 * FFmpeg's muxers for raw pictures. `v4l2` tells the device their size and format (VIDIOC_S_FMT, which Node cannot) and hands it
 * one picture a write; `rawvideo` writes the same bytes into a file or a pipe. One call at a time.
 */
export class PictureWriter {
  private readonly output = new FormatContext();
  private readonly packet = new Packet();
  private readonly untrack = track('picture-writer');
  private pictures = 0n;
  private opened = false;
  private begun = false;

  private constructor() {
    this.packet.alloc();
  }

  /** A pipe opens once somebody reads it. @throws FFmpegError */
  static async open(target: CameraTarget): Promise<PictureWriter> {
    const writer = new PictureWriter();
    try {
      await writer.begin(target);
      return writer;
    } catch (error) {
      await writer.close();
      throw error;
    }
  }

  /** @throws FFmpegError when the device is gone, or the pipe's reader */
  async write(data: Uint8Array): Promise<void> {
    const { packet } = this;
    packet.data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    packet.streamIndex = 0;
    packet.pts = packet.dts = this.pictures++;
    packet.duration = 1n;
    packet.isKeyframe = true;
    packet.rescaleTs(new Rational(1, PICTURES_PER_SECOND), this.output.streams[0]!.timeBase);
    try {
      FFmpegError.throwIfError(await this.output.writeFrame(packet), 'write a picture');
    } finally {
      packet.unref();
    }
  }

  /** Never throws. */
  async close(): Promise<void> {
    // v4l2's trailer closes the device.
    if (this.begun) await this.output.writeTrailer().catch(() => {});
    if (this.opened) await this.output.closeOutput().catch(() => {});
    this.packet.free();
    this.output.freeContext();
    this.untrack();
  }

  private async begin({ path, muxer, widthPx, heightPx }: CameraTarget): Promise<void> {
    const { output } = this;
    FFmpegError.throwIfError(output.allocOutputContext2(null, muxer, path), `prepare ${muxer}`);
    const stream = output.newStream(null);
    stream.timeBase = new Rational(1, PICTURES_PER_SECOND);
    stream.avgFrameRate = new Rational(PICTURES_PER_SECOND, 1);
    const { codecpar } = stream;
    codecpar.codecType = AVMEDIA_TYPE_VIDEO;
    codecpar.codecId = AV_CODEC_ID_RAWVIDEO;
    codecpar.format = AV_PIX_FMT_YUV420P;
    codecpar.width = widthPx;
    codecpar.height = heightPx;
    // The v4l2 muxer opens its device itself, with the header.
    if (muxer === 'rawvideo') {
      FFmpegError.throwIfError(await output.openOutput(), 'open');
      this.opened = true;
    }
    FFmpegError.throwIfError(await output.writeHeader(Dictionary.fromObject({ flush_packets: '1' })), 'begin');
    this.begun = true;
  }
}
