import { describe, expect, it } from 'vitest';
import { SAMPLE_RATE_HZ } from '../../../shared/units';
import { ShapeChoice, shapesOf } from './shapes';

const text = ({ widthPx, heightPx, everyNth }: { widthPx: number; heightPx: number; everyNth: number }) =>
  `${widthPx}x${heightPx}@${25 / everyNth}`;

describe('shapes of a picture', () => {
  it('shrink to a size that shows a face, then come half as often', () => {
    expect(shapesOf(720, 720).map(text)).toEqual(['720x720@25', '540x540@25', '360x360@25', '360x360@12.5']);
    expect(shapesOf(1080, 1920).map(text)).toEqual([
      '1080x1920@25',
      '810x1440@25',
      '540x960@25',
      '406x720@25',
      '406x720@12.5',
    ]);
    expect(shapesOf(256, 256).map(text)).toEqual(['256x256@25', '256x256@12.5']);
  });

  it('have even sides, as 4:2:0 wants them', () => {
    for (let px = 322; px < 2_000; px += 2) {
      for (const { widthPx, heightPx } of shapesOf(px, px + 14)) expect([widthPx % 2, heightPx % 2]).toEqual([0, 0]);
    }
  });
});

describe('the choice of a shape', () => {
  const played = (rates: number[]) => {
    const choice = new ShapeChoice(720, 720);
    return rates.map((bps, i) => text(choice.choose(bps, (i * SAMPLE_RATE_HZ) / 2)));
  };

  it('suits the rate from the first picture on', () => {
    expect(played([700_000])).toEqual(['720x720@25']);
    expect(played([200_000])).toEqual(['360x360@25']);
    expect(played([90_000])).toEqual(['360x360@12.5']);
  });

  it('falls when there is less, a step a second at most', () => {
    expect(played([700_000, 600_000, 600_000, 200_000, 200_000])).toEqual([
      '720x720@25',
      '720x720@25',
      '540x540@25',
      '540x540@25',
      '360x360@25',
    ]);
  });

  it('does not go to and fro where the rate does', () => {
    const rates = Array.from({ length: 60 }, (_, i) => 365_000 + (i % 2) * 60_000);
    expect(new Set(played([360_000, 360_000, ...rates]))).toEqual(new Set(['360x360@25']));
  });

  it('grows when there has been room for a second', () => {
    const shapes = played([200_000, ...new Array<number>(8).fill(2_000_000)]);
    expect(shapes.indexOf('720x720@25')).toBe(4);
  });
});
