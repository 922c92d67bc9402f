import { describe, expect, it } from 'vitest';
import { backoffMs } from './backoff';

describe('backoffMs', () => {
  it('doubles up to 4 s, half of it left to chance', () => {
    const range = (failures: number) => [backoffMs(failures, 0, 0), backoffMs(failures, 0, 1)];
    expect([1, 2, 3, 6, 100].map(range)).toEqual([
      [250, 500],
      [500, 1_000],
      [1_000, 2_000],
      [2_000, 4_000],
      [2_000, 4_000],
    ]);
  });

  it('waits at least as long as the server asks, within reason', () => {
    expect(backoffMs(1, 60_000, 0)).toBe(60_000);
    expect(backoffMs(1, 60_000, 1)).toBe(66_000);
    expect(backoffMs(9, 1_000, 0)).toBe(2_000);
    expect(backoffMs(1, 86_400_000, 0)).toBe(300_000);
  });
});
