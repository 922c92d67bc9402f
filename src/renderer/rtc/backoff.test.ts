import { describe, expect, it } from 'vitest';
import { backoffMs, queueWaitMs, RECONNECT } from './backoff';

const middle = () => 0.5;

describe('backoffMs', () => {
  it('doubles from the first wait up to the bound', () => {
    expect([1, 2, 3, 4, 5, 6, 7].map((n) => backoffMs(n, RECONNECT, middle))).toEqual([
      500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000,
    ]);
  });

  it('stays bounded for ever', () => {
    expect(backoffMs(10_000, RECONNECT, () => 0.999)).toBeLessThanOrEqual(RECONNECT.maxMs * 1.2);
    expect(backoffMs(0, RECONNECT, middle)).toBe(RECONNECT.firstMs);
  });

  it('is spread to both sides', () => {
    expect(backoffMs(1, RECONNECT, () => 0)).toBe(400);
    expect(backoffMs(1, RECONNECT, () => 0.999)).toBe(600);
  });
});

describe('queueWaitMs', () => {
  it.each([
    [undefined, 3_000],
    [5, 5_000],
    [0, 1_000],
    [3_600, 30_000],
    [Number.NaN, 3_000],
  ])('Retry-After %s -> %d ms', (header, wait) => {
    expect(queueWaitMs(header)).toBe(wait);
  });
});
