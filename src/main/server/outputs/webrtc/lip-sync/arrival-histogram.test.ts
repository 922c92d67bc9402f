import { describe, expect, it } from 'vitest';
import { ArrivalHistogram } from './arrival-histogram';

const waitAfter = (...looks: [lateMs: number, times: number][]) => {
  const histogram = new ArrivalHistogram();
  for (const [lateMs, times] of looks) for (let i = 0; i < times; i++) histogram.add(lateMs);
  return histogram.waitMs;
};

describe('how long sound waits', () => {
  it('is one bucket where nothing is late', () => {
    expect(waitAfter([0, 10])).toBe(20);
    expect(waitAfter([5, 200])).toBe(20);
  });

  it('is what one late look says, while few have been', () => {
    expect(waitAfter([0, 20], [900, 1])).toBe(920);
  });

  it('takes three of them after a minute, and half a minute to be forgotten', () => {
    expect(waitAfter([0, 200], [900, 2])).toBe(20);
    expect(waitAfter([0, 200], [900, 4])).toBe(920);
    expect(waitAfter([0, 200], [900, 4], [0, 60])).toBe(20);
  });

  it('learns nothing of what is later than two seconds', () => {
    expect(waitAfter([0, 20], [2_000, 50])).toBe(20);
  });
});
