import { readFile } from 'node:fs/promises';
import { AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { cropI420 } from '../composite/crop';
import { jpegOf } from '../recordings/thumbnail';
import type { Box } from './avatar';
import { ImageDecoder } from './image-decoder';
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
    return await jpegOfSquare(cropI420({ widthPx, heightPx, data }, aroundFace(faceBoxes[0]!, widthPx, heightPx)));
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

async function jpegOfSquare({ widthPx, heightPx, data }: ReturnType<typeof cropI420>): Promise<Buffer> {
  const frame = Frame.fromVideoBuffer(Buffer.from(data.buffer, data.byteOffset, data.byteLength), {
    width: widthPx,
    height: heightPx,
    format: AV_PIX_FMT_YUV420P,
    timeBase: { num: 1, den: 25 },
  });
  try {
    return await jpegOf(frame);
  } finally {
    frame.free();
  }
}
