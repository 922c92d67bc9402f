import { describe, expect, it } from 'vitest';
import { formatBitrate, formatBytes, formatDuration, formatMs, formatRate, formatSignedMs } from './format';

describe('format', () => {
  it('writes figures as people read them', () => {
    expect(formatRate(24.96)).toBe('25.0');
    expect(formatMs(12.4)).toBe('12 ms');
    expect(formatBitrate(1_234_567)).toBe('1.23 Mbit/s');
    expect(formatBitrate(64_000)).toBe('64 kbit/s');
  });

  it('always shows the direction of an offset', () => {
    expect([formatSignedMs(12), formatSignedMs(-7.6), formatSignedMs(0.2)]).toEqual(['+12 ms', '−8 ms', '±0 ms']);
  });

  it('writes lengths and sizes as players and file managers do', () => {
    expect([0, 999, 7_400, 754_000, 3_723_000].map(formatDuration)).toEqual([
      '0:00',
      '0:00',
      '0:07',
      '12:34',
      '1:02:03',
    ]);
    expect([0, 12, 671_900, 1_440_000, 2_345_678_901].map(formatBytes)).toEqual([
      '0 kB',
      '1 kB',
      '672 kB',
      '1.4 MB',
      '2.35 GB',
    ]);
  });
});
