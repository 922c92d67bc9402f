import type { I420Picture } from '../avatar/avatar';
import type { MouthPatch } from '../mouth/mouth';

/**
 * Copies the picture to `target` and the patch over it. Nothing is allocated: the live path runs this for every spoken picture.
 *
 * @param target as long as the picture's data; may be the picture's own buffer only if that buffer is the caller's to change
 * @param alpha below 1 mixes patch and picture, for the fade to the idle mouth after an interrupt
 * @throws RangeError when the patch is not even-aligned inside the picture or a buffer has the wrong size
 */
export function paste(picture: I420Picture, patch: MouthPatch, target: Uint8Array, alpha = 1): void {
  const { widthPx, heightPx, data } = picture;
  const { xPx, yPx, widthPx: patchWidth, heightPx: patchHeight } = patch.region;
  const lumaBytes = widthPx * heightPx;
  const patchLumaBytes = patchWidth * patchHeight;
  if (((xPx | yPx | patchWidth | patchHeight | widthPx | heightPx) & 1) !== 0) {
    throw new RangeError('paste: odd region; I420 chroma covers two pixels each way');
  }
  if (xPx < 0 || yPx < 0 || xPx + patchWidth > widthPx || yPx + patchHeight > heightPx) {
    throw new RangeError(`paste: region ${xPx},${yPx} ${patchWidth}x${patchHeight} outside ${widthPx}x${heightPx}`);
  }
  // What lies behind the planes, the alpha of a transparent presenter, goes along: a mouth moves inside the face.
  if (data.length < (lumaBytes * 3) / 2 || target.length !== data.length) {
    throw new RangeError(`paste: buffers of ${data.length} and ${target.length} bytes for ${widthPx}x${heightPx}`);
  }
  if (patch.data.length !== (patchLumaBytes * 3) / 2) {
    throw new RangeError(`paste: patch of ${patch.data.length} bytes for ${patchWidth}x${patchHeight}`);
  }
  if (target !== data) target.set(data);
  const weight = Math.round(Math.min(1, Math.max(0, alpha)) * 256);
  if (weight === 0) return;
  pastePlane(target, 0, widthPx, patch.data, 0, xPx, yPx, patchWidth, patchHeight, weight);
  const [x, y, w, h] = [xPx / 2, yPx / 2, patchWidth / 2, patchHeight / 2];
  for (let plane = 0; plane < 2; plane++) {
    const targetAt = lumaBytes + (plane * lumaBytes) / 4;
    const patchAt = patchLumaBytes + (plane * patchLumaBytes) / 4;
    pastePlane(target, targetAt, widthPx / 2, patch.data, patchAt, x, y, w, h, weight);
  }
}

/**
 * Whether the patch is what the picture shows there already. Speech is told apart within a few rows; silence costs 0.1 ms.
 * @param patch inside the picture, even-aligned
 */
export function changesNothing({ widthPx, heightPx, data }: I420Picture, { region, data: mouth }: MouthPatch): boolean {
  const pixels = widthPx * heightPx;
  let from = 0;
  for (let plane = 0; plane < 3; plane++) {
    const half = plane === 0 ? 0 : 1;
    const start = plane === 0 ? 0 : pixels + ((plane - 1) * pixels) / 4;
    const stride = widthPx >> half;
    const [x, y, width, height] = [
      region.xPx >> half,
      region.yPx >> half,
      region.widthPx >> half,
      region.heightPx >> half,
    ];
    for (let row = 0; row < height; row++) {
      let at = start + (y + row) * stride + x;
      for (const end = from + width; from < end; ) if (mouth[from++] !== data[at++]) return false;
    }
  }
  return true;
}

/** `weight` of 256 is the patch alone; the sum of both weights is 256, so equal pixels stay exactly what they are. */
function pastePlane(
  target: Uint8Array,
  targetAt: number,
  stride: number,
  patch: Uint8Array,
  patchAt: number,
  x: number,
  y: number,
  width: number,
  height: number,
  weight: number,
): void {
  for (let row = 0; row < height; row++) {
    let to = targetAt + (y + row) * stride + x;
    let from = patchAt + row * width;
    if (weight === 256) {
      // A loop, not set(subarray()): the views would be garbage, twice per row.
      for (const end = from + width; from < end; ) target[to++] = patch[from++]!;
      continue;
    }
    for (const end = from + width; from < end; to++, from++) {
      target[to] = (patch[from]! * weight + target[to]! * (256 - weight) + 128) >> 8;
    }
  }
}
