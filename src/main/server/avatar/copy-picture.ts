import { FFmpegError, type Frame } from 'node-av/lib';
import { i420Frame } from './i420-frame';

/**
 * A decoded frame as tight I420 in memory of our choice. `frame.toBuffer()` would allocate, and take three times as long.
 * @param target width * height * 3 / 2 bytes; what it has more is left alone
 * @throws FFmpegError when the frame is of another size
 */
export function copyPicture(frame: Frame, widthPx: number, heightPx: number, target: Uint8Array): void {
  const data = target.subarray(0, (widthPx * heightPx * 3) / 2);
  const view = i420Frame({ widthPx, heightPx, data }); // copying into it fills `target`
  try {
    FFmpegError.throwIfError(view.copy(frame), 'copy a picture');
  } finally {
    view.free();
  }
}
