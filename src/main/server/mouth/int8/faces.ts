import type { Avatar, I420Picture } from '../../avatar/avatar';
import { cropI420 } from '../../composite/crop';

/** Crops of an avatar's faces, some from all over its loop. The avatar is released. */
export async function facesOf(opening: Promise<Avatar>, count: number): Promise<I420Picture[]> {
  const avatar = await opening;
  try {
    const wanted = Math.min(count, avatar.pictureCount);
    const faces: I420Picture[] = [];
    for (let i = 0; i < wanted; i++) {
      const index = Math.floor((i * avatar.pictureCount) / wanted);
      faces.push(cropI420(await avatar.picture(index), avatar.faceBox(index)));
    }
    return faces;
  } finally {
    avatar.release();
  }
}
