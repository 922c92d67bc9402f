import { AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { FFmpegError, Frame } from 'node-av/lib';
import { PICTURES_PER_SECOND } from '../../../shared/units';

/**
 * A decoded frame as tight I420 in memory of our choice. `frame.toBuffer()` would allocate, and take three times as long.
 * @param target width * height * 3 / 2 bytes
 * @throws FFmpegError when the frame is of another size
 */
export function copyPicture(frame: Frame, widthPx: number, heightPx: number, target: Uint8Array): void {
  // It points at `target` (node-av 6.1.1 does not copy what is tightly packed), so copying into it fills that.
  const view = Frame.fromVideoBuffer(Buffer.from(target.buffer, target.byteOffset, target.byteLength), {
    width: widthPx,
    height: heightPx,
    format: AV_PIX_FMT_YUV420P,
    timeBase: { num: 1, den: PICTURES_PER_SECOND },
    pts: 0n,
  });
  try {
    FFmpegError.throwIfError(view.copy(frame), 'copy a picture');
  } finally {
    view.free();
  }
}
