import { readFile } from 'node:fs/promises';
import { cropI420 } from '../composite/crop';
import type { Box } from './avatar';
import { ImageDecoder } from './image-decoder';
import { jpegOfPicture } from './jpeg';
import { readLiveTalking } from './livetalking';

/** Sides of a face: head and shoulders. */
const FACES_WIDE = 3.2;

/**
 * Head and shoulders of an imported folder's first picture: it brings no portrait along. Read from its file, as opening the
 * avatar would begin to prepare all of them.
 * @returns a JPEG, square
 * @throws Error with what is wrong with the folder, or with the picture
 */
export async function portraitOfFolder(dir: string): Promise<Buffer> {
  const { pictureFiles, faceBoxes, widthPx, heightPx } = await readLiveTalking(dir, { everyPicture: false });
  const decoder = new ImageDecoder();
  try {
    const whole = await decoder.decode(await readFile(pictureFiles[0]!), widthPx, heightPx);
    let data: Buffer;
    try {
      data = whole.toBuffer();
    } finally {
      whole.free();
    }
    return await jpegOfPicture(cropI420({ widthPx, heightPx, data }, aroundFace(faceBoxes[0]!, widthPx, heightPx)));
  } finally {
    decoder.close();
  }
}

/** A square around the face, even and inside the picture. */
export function aroundFace(face: Box, widthPx: number, heightPx: number): Box {
  const even = (px: number) => 2 * Math.floor(px / 2);
  const wanted = FACES_WIDE * Math.max(face.widthPx, face.heightPx);
  const sidePx = even(Math.min(wanted, widthPx, heightPx));
  const centred = (at: number, size: number, limit: number) =>
    even(Math.min(Math.max(at + size / 2 - sidePx / 2, 0), limit - sidePx));
  return {
    xPx: centred(face.xPx, face.widthPx, widthPx),
    yPx: centred(face.yPx, face.heightPx, heightPx),
    widthPx: sidePx,
    heightPx: sidePx,
  };
}
