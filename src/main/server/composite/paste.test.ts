import { describe, expect, it } from 'vitest';
import type { I420Picture } from '../avatar/avatar';
import { paste } from './paste';

const picture = (widthPx: number, heightPx: number): I420Picture => ({
  widthPx,
  heightPx,
  data: Uint8Array.from({ length: (widthPx * heightPx * 3) / 2 }, (_, i) => (i * 7) % 251),
});
const region = { xPx: 2, yPx: 4, widthPx: 4, heightPx: 2 };
const patch = { region, data: new Uint8Array(12).fill(255) };

/** What is at a pixel: its luma and both chroma samples. */
const at = (data: Uint8Array, width: number, height: number, x: number, y: number) => {
  const chroma = (y >> 1) * (width / 2) + (x >> 1);
  return [data[y * width + x], data[width * height + chroma], data[width * height * 1.25 + chroma]];
};

describe('paste', () => {
  it('changes the region in all three planes and nothing else', () => {
    const base = picture(12, 10);
    const target = new Uint8Array(base.data.length);
    paste(base, patch, target);
    for (let y = 0; y < 10; y++) {
      for (let x = 0; x < 12; x++) {
        const inside = x >= 2 && x < 6 && y >= 4 && y < 6;
        expect(at(target, 12, 10, x, y)).toEqual(inside ? [255, 255, 255] : at(base.data, 12, 10, x, y));
      }
    }
  });

  it('leaves the avatar picture as it was', () => {
    const base = picture(12, 10);
    const before = base.data.slice();
    paste(base, patch, new Uint8Array(base.data.length));
    expect(base.data).toEqual(before);
  });

  it('mixes by alpha: 0 is the picture, equal pixels never change', () => {
    const base = picture(12, 10);
    const target = new Uint8Array(base.data.length);
    paste(base, patch, target, 0);
    expect(target).toEqual(base.data);
    paste(base, patch, target, 0.5);
    expect(target[4 * 12 + 2]).toBe((255 + base.data[4 * 12 + 2]! + 1) >> 1);
    const flat = { ...base, data: new Uint8Array(180).fill(77) };
    for (const alpha of [0.1, 1 / 3, 0.9]) {
      paste(flat, { region, data: new Uint8Array(12).fill(77) }, target, alpha);
      expect(target).toEqual(flat.data);
    }
  });

  it('refuses what would write beside the region', () => {
    const base = picture(12, 10);
    const target = new Uint8Array(base.data.length);
    const with_ = (change: Partial<typeof region>) => () =>
      paste(base, { region: { ...region, ...change }, data: patch.data }, target);
    expect(with_({ xPx: 3 })).toThrow('odd');
    expect(with_({ xPx: 10 })).toThrow('outside');
    expect(with_({ yPx: -2 })).toThrow('outside');
    expect(with_({ widthPx: 6 })).toThrow('patch of 12 bytes');
    expect(() => paste(base, patch, new Uint8Array(10))).toThrow('buffers');
  });
});
