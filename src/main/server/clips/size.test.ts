import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cropAround, parseSize, planSize } from './size';

describe('a size', () => {
  it('is the shorter side, or both', () => {
    expect(parseSize('720')).toBe(720);
    expect(parseSize(' 1080x1920 ')).toEqual({ widthPx: 1_080, heightPx: 1_920 });
    for (const wrong of ['', '0', '63', '5000', '720p', '720x', 'x720', '-720', '720x720x720']) {
      expect(() => parseSize(wrong)).toThrow('512, 720 or 1080x1920');
    }
  });

  it('keeps the proportions where it is one number', () => {
    const face = { xPx: 400, yPx: 300, widthPx: 200, heightPx: 200 };
    const plan = planSize({ widthPx: 1_080, heightPx: 1_920 }, face, 540);
    expect(plan).toEqual({
      crop: { xPx: 0, yPx: 0, widthPx: 1_080, heightPx: 1_920 },
      widthPx: 540,
      heightPx: 960,
    });
  });

  it('is cut around the face, which stays in the middle as far as the picture reaches', () => {
    const face = { xPx: 700, yPx: 200, widthPx: 200, heightPx: 200 };
    expect(planSize({ widthPx: 1_280, heightPx: 720 }, face, { widthPx: 360, heightPx: 640 }).crop).toEqual({
      xPx: 596,
      yPx: 0,
      widthPx: 406,
      heightPx: 720,
    });
    expect(cropAround({ widthPx: 1_280, heightPx: 720 }, { ...face, xPx: 0 }, 1).xPx).toBe(0);
    expect(cropAround({ widthPx: 1_280, heightPx: 720 }, { ...face, xPx: 1_200 }, 1).xPx).toBe(560);
  });

  it('is even and lies inside the picture, whatever is asked for', () => {
    const even = fc.integer({ min: 32, max: 2_048 }).map((n) => n * 2);
    fc.assert(
      fc.property(
        even,
        even,
        fc.integer(),
        fc.integer(),
        fc.integer({ min: 64, max: 4_096 }),
        fc.integer({ min: 64, max: 4_096 }),
        (widthPx, heightPx, x, y, w, h) => {
          const face = { xPx: Math.abs(x) % widthPx, yPx: Math.abs(y) % heightPx, widthPx: 10, heightPx: 10 };
          const plan = planSize({ widthPx, heightPx }, face, { widthPx: w, heightPx: h });
          const { crop } = plan;
          for (const n of [plan.widthPx, plan.heightPx, ...Object.values(crop)]) expect(n % 2).toBe(0);
          expect(crop.xPx).toBeGreaterThanOrEqual(0);
          expect(crop.yPx).toBeGreaterThanOrEqual(0);
          expect(crop.xPx + crop.widthPx).toBeLessThanOrEqual(widthPx);
          expect(crop.yPx + crop.heightPx).toBeLessThanOrEqual(heightPx);
        },
      ),
    );
  });
});
