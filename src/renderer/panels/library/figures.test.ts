import { describe, expect, it } from 'vitest';
import { figuresIn, localeOf } from './figures';

describe('figures in the reader’s language', () => {
  it('count sizes in decimal units', () => {
    const { bytes } = figuresIn('en');
    expect([0, 12, 340_400, 12_345_678, 1_234_567_890].map(bytes)).toEqual([
      '0 kB',
      '1 kB',
      '340 kB',
      '12.3 MB',
      '1.23 GB',
    ]);
    expect(figuresIn('de').bytes(12_345_678)).toMatch(/^12,3\sMB$/);
  });

  it('tell day and time as they are told there', () => {
    const iso = '2026-03-04T15:06:00';
    expect(figuresIn('en-GB').when(iso)).toBe('4 Mar 2026, 15:06');
    expect(figuresIn('zh-CN').when(iso)).toBe('2026年3月4日 15:06');
  });

  it('take the reader’s own kind of the language', () => {
    expect(localeOf('en', ['de-AT', 'en-GB', 'en'])).toBe('en-GB');
    expect(localeOf('zh', ['en-GB'])).toBe('zh-CN');
  });
});
