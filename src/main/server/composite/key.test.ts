import { describe, expect, it } from 'vitest';
import { colourOf } from '../avatar/background';
import { keyOver } from './key';

const SIDE = 4;
const PIXELS = SIDE * SIDE;
const green = colourOf('#00ff00');

function picture(y: number, u: number, v: number): Uint8Array {
  const data = new Uint8Array((PIXELS * 3) / 2).fill(y, 0, PIXELS);
  return data.fill(u, PIXELS, PIXELS * 1.25).fill(v, PIXELS * 1.25);
}
const wall = picture(120, 140, 118);
const keyed = (data: Uint8Array, matteLuma: number) => {
  keyOver(data, { widthPx: SIDE, heightPx: SIDE, matte: picture(matteLuma, 128, 128), wall, background: green });
  return [data[5], data[PIXELS + 1], data[PIXELS * 1.25 + 1]];
};

describe('another background', () => {
  it('is exact where there is no presenter, whatever a codec made of the wall', () => {
    expect(keyed(picture(123, 138, 119), 16)).toEqual([green.y, green.u, green.v]);
    expect(keyed(picture(123, 138, 119), 19)).toEqual([green.y, green.u, green.v]);
  });

  it('leaves the presenter untouched', () => {
    const face = picture(160, 110, 150);
    expect(keyed(face.slice(), 235)).toEqual([160, 110, 150]);
    expect(keyed(face.slice(), 232)).toEqual([160, 110, 150]);
  });

  it('shows through hair as much as the wall did, and nothing of the wall stays', () => {
    const half = 16 + 219 / 2;
    const hair = 30;
    const seen = picture((hair + 120) / 2, (128 + 140) / 2, (128 + 118) / 2);
    const [y, u, v] = keyed(seen, Math.round(half));
    expect(y).toBeCloseTo((hair + green.y) / 2, -0.5);
    expect(Math.abs(u! - (128 + green.u) / 2)).toBeLessThanOrEqual(1);
    expect(Math.abs(v! - (128 + green.v) / 2)).toBeLessThanOrEqual(1);
  });
});

describe('a colour', () => {
  it.each([
    ['#00ff00', 173, 42, 26],
    ['ffffff', 235, 128, 128],
    ['#000000', 16, 128, 128],
    ['#0000FF', 32, 240, 118],
  ])('%s is Y %i, U %i, V %i in BT.709', (text, y, u, v) => {
    expect(colourOf(text)).toMatchObject({ y, u, v });
  });

  it('is six digits and nothing else', () => {
    for (const text of ['green', '#0f0', '#00ff0', '00ff00;', '']) expect(() => colourOf(text)).toThrow('#00ff00');
  });
});
