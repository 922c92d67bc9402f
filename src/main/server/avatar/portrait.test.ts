import { expect, it } from 'vitest';
import { aroundFace } from './portrait';

const face = (xPx: number, yPx: number, sizePx: number) => ({ xPx, yPx, widthPx: sizePx, heightPx: sizePx });

it('shows head and shoulders around the face, as far as the picture goes', () => {
  expect(aroundFace(face(440, 500, 200), 1080, 1920)).toEqual({ xPx: 220, yPx: 280, widthPx: 640, heightPx: 640 });
  // A face in a corner, and one that fills the picture: never beyond its edges, and always even.
  expect(aroundFace(face(1, 3, 101), 1080, 1920)).toEqual({ xPx: 0, yPx: 0, widthPx: 322, heightPx: 322 });
  expect(aroundFace(face(900, 1_700, 160), 1080, 1920)).toEqual({ xPx: 568, yPx: 1408, widthPx: 512, heightPx: 512 });
  expect(aroundFace(face(10, 10, 60), 64, 96)).toEqual({ xPx: 0, yPx: 8, widthPx: 64, heightPx: 64 });
});
