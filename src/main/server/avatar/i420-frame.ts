import { AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUVA420P } from 'node-av/constants';
import { FFmpegError, Frame, Rational } from 'node-av/lib';
import { PICTURES_PER_SECOND } from '../../../shared/units';
import type { I420Picture } from './avatar';
import { hasAlpha } from './background';

const PICTURE_TIME = { num: 1, den: PICTURES_PER_SECOND };
/** The least that I420 can be. */
const TINY_PX = 2;

export interface FrameTime {
  pts: bigint;
  timeBase: { num: number; den: number };
}

/**
 * A frame over a picture's own bytes, which must neither change nor go until it is freed: nothing is copied. (node-av's
 * `Frame.fromVideoBuffer` does not copy either, but allocates a whole picture beside it: 3 MB of 1080x1920 that
 * nobody writes to, 50 times a second, and malloc's heap falls to pieces. FFmpeg wants the frame to own something, so it owns 2x2.)
 * @param time its place in a stream, where it has one
 */
export function i420Frame({ data, widthPx, heightPx }: I420Picture, time?: FrameTime): Frame {
  const frame = new Frame();
  frame.alloc();
  try {
    const { num, den } = time?.timeBase ?? PICTURE_TIME;
    frame.timeBase = new Rational(num, den);
    frame.pts = time?.pts ?? 0n;
    frame.format = hasAlpha({ data, widthPx, heightPx }) ? AV_PIX_FMT_YUVA420P : AV_PIX_FMT_YUV420P;
    frame.width = frame.height = TINY_PX;
    FFmpegError.throwIfError(frame.getBuffer(), 'make a frame');
    frame.width = widthPx;
    frame.height = heightPx;
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    FFmpegError.throwIfError(frame.fromBuffer(bytes), 'describe a picture');
    return frame;
  } catch (error) {
    frame.free();
    throw error;
  }
}
