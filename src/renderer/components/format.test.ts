import { describe, expect, it } from 'vitest';
import { formatBitrate, formatMs, formatRate, formatSignedMs } from './format';

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
});
