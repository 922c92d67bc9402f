import { describe, expect, it } from 'vitest';
import { colourOf } from '../avatar/background';
import { keyOver } from './key';
import { Unmixer } from './unmix';

const SIDE = 32;
const PIXELS = SIDE * SIDE;
const size = { widthPx: SIDE, heightPx: SIDE };
const [WALL, HAIR] = [120, 30];
const CHROMA = 128;

const filled = (luma: number) => new Uint8Array((PIXELS * 3) / 2).fill(luma, 0, PIXELS).fill(CHROMA, PIXELS);
/** A presenter in the left half that ends in hair, from all to nothing in eight columns. */
const shareAt = (x: number) => Math.min(1, Math.max(0, (20 - x) / 8));
const matte = filled(0);
const seen = filled(0);
for (let i = 0; i < PIXELS; i++) {
  const share = shareAt(i % SIDE);
  matte[i] = Math.round(16 + 219 * share);
  seen[i] = Math.round(share * HAIR + (1 - share) * WALL);
}
function unmixed(picture = seen, wall = filled(WALL)): { data: Uint8Array; alpha: Uint8Array } {
  const data = new Uint8Array((PIXELS * 5) / 2);
  data.set(picture);
  new Unmixer(SIDE, SIDE, wall).unmix(data, matte);
  return { data, alpha: data.subarray((PIXELS * 3) / 2) };
}

describe('a presenter without its wall', () => {
  it('has the alpha of its matte: all, nothing, and a soft edge between them', () => {
    const { alpha } = unmixed();
    const row = [...alpha.subarray(SIDE * 5, SIDE * 6)];
    expect(row.slice(0, 13)).toEqual(Array(13).fill(255));
    expect(row.slice(20)).toEqual(Array(12).fill(0));
    for (const [x, a] of row.entries()) expect(Math.abs(a - 255 * shareAt(x))).toBeLessThanOrEqual(6);
  });

  it('keeps nothing of the wall in its colours, neither in the edge nor beyond it', () => {
    const { data } = unmixed();
    for (let i = 0; i < PIXELS; i++) expect(Math.abs(data[i]! - HAIR)).toBeLessThanOrEqual(4);
    expect(data.subarray(PIXELS, (PIXELS * 3) / 2).every((value) => value === CHROMA)).toBe(true);
  });

  it('is untouched where it is whole', () => {
    const picture = seen.slice();
    picture.set([77, 99], SIDE * 8 + 3);
    const { data } = unmixed(picture);
    expect([data[SIDE * 8 + 3], data[SIDE * 8 + 4]]).toEqual([77, 99]);
  });

  it('looks on a colour as it does when that colour is put behind it', () => {
    const green = colourOf('#00ff00');
    const keyed = seen.slice();
    keyOver(keyed, { ...size, matte, wall: filled(WALL), background: green });
    const { data, alpha } = unmixed();
    for (let i = 0; i < PIXELS; i++) {
      const share = alpha[i]! / 255;
      expect(Math.abs(share * data[i]! + (1 - share) * green.y - keyed[i]!)).toBeLessThanOrEqual(3);
    }
  });

  it('forgets one picture before the next', () => {
    const unmixer = new Unmixer(SIDE, SIDE, filled(WALL));
    const room = (picture: Uint8Array) => {
      const data = new Uint8Array((PIXELS * 5) / 2);
      data.set(picture);
      return data;
    };
    const [other, again, once] = [room(filled(200)), room(seen), room(seen)];
    unmixer.unmix(other, filled(235));
    unmixer.unmix(again, matte);
    new Unmixer(SIDE, SIDE, filled(WALL)).unmix(once, matte);
    expect(again).toEqual(once);
  });
});
