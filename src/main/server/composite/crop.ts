import type { Box, I420Picture } from '../avatar/avatar';

const GRAIN_BYTES = 64 * 1024;
const roundUp = (bytes: number): number => Math.ceil(bytes / GRAIN_BYTES) * GRAIN_BYTES;

/**
 * A face box of a picture as tightly packed I420, copied so that it can be sent away. The box is even and inside.
 * @param into a former crop's bytes that nobody needs any more: used again where they are enough
 */
export function cropI420(picture: I420Picture, box: Box, into?: Uint8Array): I420Picture {
  const { widthPx, heightPx, data } = picture;
  const { xPx, yPx, widthPx: width, heightPx: height } = box;
  const bytes = (width * height * 3) / 2;
  const room = into && into.buffer.byteLength - into.byteOffset >= bytes ? into : undefined;
  // Boxes that follow a face differ by some pixels: the next one should fit as well.
  const out = new Uint8Array(room?.buffer ?? new ArrayBuffer(roundUp(bytes)), room?.byteOffset ?? 0, bytes);
  let to = 0;
  const copy = (planeAt: number, stride: number, x: number, y: number, w: number, h: number) => {
    for (let row = 0; row < h; row++, to += w) {
      const from = planeAt + (y + row) * stride + x;
      out.set(data.subarray(from, from + w), to);
    }
  };
  const luma = widthPx * heightPx;
  copy(0, widthPx, xPx, yPx, width, height);
  copy(luma, widthPx / 2, xPx / 2, yPx / 2, width / 2, height / 2);
  copy(luma * 1.25, widthPx / 2, xPx / 2, yPx / 2, width / 2, height / 2);
  return { widthPx: width, heightPx: height, data: out };
}
