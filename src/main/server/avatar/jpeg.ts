import { jpegOf } from '../recordings/thumbnail';
import type { I420Picture } from './avatar';
import { i420Frame } from './i420-frame';

/** The picture as a JPEG, in its own size. */
export async function jpegOfPicture(picture: I420Picture): Promise<Buffer> {
  const frame = i420Frame(picture);
  try {
    return await jpegOf(frame);
  } finally {
    frame.free();
  }
}
