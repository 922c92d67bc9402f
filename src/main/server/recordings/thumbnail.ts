import { AV_PIX_FMT_YUVJ420P, AVCOL_RANGE_JPEG, AVMEDIA_TYPE_VIDEO, FF_ENCODER_MJPEG } from 'node-av/constants';
import {
  Codec,
  CodecContext,
  FFmpegError,
  FormatContext,
  Frame,
  Packet,
  Rational,
  SoftwareScaleContext,
} from 'node-av/lib';
import { track } from '../metrics/native';

const MAX_SIDE_PX = 480;

/**
 * A recording's first picture, small.
 * @returns a JPEG
 * @throws Error when there is no picture in the file
 */
export async function firstPicture(file: string): Promise<Buffer> {
  const input = new FormatContext();
  const packet = new Packet();
  const picture = new Frame();
  packet.alloc();
  picture.alloc();
  const untrack = track('thumbnailer');
  let decoder: CodecContext | undefined;
  try {
    FFmpegError.throwIfError(await input.openInput(`file:${file}`), 'open the recording');
    FFmpegError.throwIfError(await input.findStreamInfo(), 'read the recording');
    const index = input.findBestStream(AVMEDIA_TYPE_VIDEO);
    const stream = input.streams[index];
    const codec = stream && Codec.findDecoder(stream.codecpar.codecId);
    if (!codec) throw new Error('there are no pictures in it');
    decoder = new CodecContext();
    decoder.allocContext3(codec);
    decoder.parametersToContext(stream.codecpar);
    decoder.threadCount = 1;
    FFmpegError.throwIfError(await decoder.open2(codec), 'open the decoder');
    for (;;) {
      FFmpegError.throwIfError(await input.readFrame(packet), 'find the first picture');
      const ours = packet.streamIndex === index;
      if (ours) await decoder.sendPacket(packet);
      packet.unref();
      if (ours && (await decoder.receiveFrame(picture)) >= 0) return await jpegOf(picture);
    }
  } finally {
    decoder?.freeContext();
    packet.free();
    picture.free();
    await input.closeInput();
    untrack();
  }
}

/** A picture as a JPEG of 480 pixels at most on its longer side. */
export async function jpegOf(picture: Frame): Promise<Buffer> {
  const shrink = Math.min(1, MAX_SIDE_PX / Math.max(picture.width, picture.height));
  const even = (px: number) => Math.max(2, 2 * Math.round((px * shrink) / 2));
  const scaler = new SoftwareScaleContext();
  scaler.allocContext();
  const small = new Frame();
  const packet = new Packet();
  const encoder = new CodecContext();
  try {
    small.alloc();
    packet.alloc();
    small.width = even(picture.width);
    small.height = even(picture.height);
    small.format = AV_PIX_FMT_YUVJ420P;
    small.colorRange = AVCOL_RANGE_JPEG;
    FFmpegError.throwIfError(small.allocBuffer(), 'allocate a picture');
    FFmpegError.throwIfError(await scaler.scaleFrame(small, picture), 'scale a picture');
    const codec = Codec.findEncoderByName(FF_ENCODER_MJPEG);
    if (!codec) throw new Error('This build of FFmpeg has no JPEG encoder; reinstall with npm ci');
    encoder.allocContext3(codec);
    encoder.width = small.width;
    encoder.height = small.height;
    encoder.pixelFormat = AV_PIX_FMT_YUVJ420P;
    encoder.colorRange = AVCOL_RANGE_JPEG;
    encoder.timeBase = new Rational(1, 25);
    encoder.threadCount = 1;
    FFmpegError.throwIfError(await encoder.open2(codec), 'open the JPEG encoder');
    FFmpegError.throwIfError(await encoder.sendFrame(small), 'encode a JPEG');
    FFmpegError.throwIfError(await encoder.receivePacket(packet), 'encode a JPEG');
    return Buffer.from(packet.data!);
  } finally {
    encoder.freeContext();
    packet.free();
    small.free();
    scaler.freeContext();
  }
}
