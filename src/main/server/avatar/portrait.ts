import { readFile } from 'node:fs/promises';
import { jpegOf } from '../recordings/thumbnail';
import { ImageDecoder } from './image-decoder';
import { readLiveTalking } from './livetalking';

/**
 * The first picture of an imported folder, small: it brings no portrait along. Read from its file, as opening the avatar would
 * begin to prepare all of them.
 * @returns a JPEG
 * @throws Error with what is wrong with the folder, or with the picture
 */
export async function portraitOfFolder(dir: string): Promise<Buffer> {
  const { pictureFiles, widthPx, heightPx } = await readLiveTalking(dir, { everyPicture: false });
  const decoder = new ImageDecoder();
  try {
    const frame = await decoder.decode(await readFile(pictureFiles[0]!), widthPx, heightPx);
    try {
      return await jpegOf(frame);
    } finally {
      frame.free();
    }
  } finally {
    decoder.close();
  }
}
