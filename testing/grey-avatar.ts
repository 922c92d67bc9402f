import type { Avatar } from '../src/main/server/avatar/avatar';

const picture = { widthPx: 64, heightPx: 64, data: new Uint8Array((64 * 64 * 3) / 2).fill(90) };

/** One small grey picture with a face in the middle, always decoded: for tests of what is around an avatar. */
export const greyAvatar: Avatar = {
  id: 'grey',
  name: { en: 'Grey' },
  widthPx: 64,
  heightPx: 64,
  pictureCount: 1,
  stillIndex: 0,
  indexAt: () => 0,
  faceBox: () => ({ xPx: 16, yPx: 16, widthPx: 32, heightPx: 32 }),
  picture: async () => picture,
  pictureNow: () => picture,
  release: () => {},
};
