import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_RECENT_BYTES, MAX_RECENTS, overBounds, type RecentFile } from './audio-recents';
import {
  edgeByKey,
  encodeWav,
  fitPart,
  formatTime,
  isWhole,
  MIN_PART_MS,
  mixDown,
  moveEdge,
  peaksOf,
  wavBytes,
  wholeOf,
} from './audio-trim';

const duration = fc.integer({ min: 1, max: 900_000 });
const time = fc.integer({ min: -10_000, max: 1_000_000 });

describe('a part of a recording', () => {
  it('always lies in it and can be heard, wherever its edges are dragged', () => {
    fc.assert(
      fc.property(duration, time, time, fc.array(fc.tuple(fc.constantFrom('from', 'to'), time)), (ms, a, b, moves) => {
        let part = fitPart({ fromMs: a, toMs: b }, ms);
        const holds = () => {
          expect(part.fromMs).toBeGreaterThanOrEqual(0);
          expect(part.toMs).toBeLessThanOrEqual(ms);
          expect(part.toMs - part.fromMs).toBeGreaterThanOrEqual(Math.min(MIN_PART_MS, ms));
        };
        holds();
        for (const [edge, to] of moves) {
          const other = edge === 'from' ? part.toMs : part.fromMs;
          part = moveEdge(part, edge as 'from' | 'to', to, ms);
          expect(edge === 'from' ? part.toMs : part.fromMs).toBe(other);
          holds();
        }
      }),
    );
  });

  it('is the whole as long as nothing to be heard was cut', () => {
    expect(isWhole(wholeOf(3_000), 3_000)).toBe(true);
    expect(isWhole({ fromMs: 4, toMs: 2_995 }, 3_000)).toBe(true);
    expect(isWhole({ fromMs: 100, toMs: 3_000 }, 3_000)).toBe(false);
    expect(isWhole({ fromMs: 0, toMs: 2_900 }, 3_000)).toBe(false);
  });

  it('moves by keys in steps that fit the purpose', () => {
    const at = (key: string, shift = false, alt = false) => edgeByKey(key, shift, alt, 5_000, 9_000);
    expect([at('ArrowLeft'), at('ArrowRight', true), at('ArrowUp', false, true)]).toEqual([4_900, 6_000, 5_010]);
    expect([at('Home'), at('End'), at('PageUp'), at('x')]).toEqual([0, 9_000, 10_000, undefined]);
  });

  it('shows tenths of seconds', () => {
    expect([0, 49, 50, 7_340, 59_960, 754_000].map(formatTime)).toEqual([
      '0:00.0',
      '0:00.0',
      '0:00.1',
      '0:07.3',
      '1:00.0',
      '12:34.0',
    ]);
  });
});

describe('cutting', () => {
  it('mixes the channels of a stretch into one', () => {
    const left = Float32Array.of(1, 0.5, 0, -1);
    const right = Float32Array.of(0, 0.5, 1, -1);
    expect([...mixDown([left, right], 1, 4)]).toEqual([0.5, 0.5, -1]);
    expect([...mixDown([left])]).toEqual([...left]);
    expect(mixDown([]).length).toBe(0);
  });

  it('writes a WAV that says what it holds, and no sample wraps around', () => {
    const wav = encodeWav(Float32Array.of(0, 1, -1, 2, -2, 0.5), 48_000);
    const view = new DataView(wav.buffer);
    expect(new TextDecoder().decode(wav.slice(0, 4))).toBe('RIFF');
    expect([
      view.getUint32(24, true),
      view.getUint16(22, true),
      view.getUint16(34, true),
      view.getUint32(40, true),
    ]).toEqual([48_000, 1, 16, 12]);
    const samples = Array.from({ length: 6 }, (_, i) => view.getInt16(44 + 2 * i, true));
    expect(samples).toEqual([0, 32_767, -32_767, 32_767, -32_767, 16_384]);
    expect(wavBytes(1_000, 48_000)).toBe(encodeWav(new Float32Array(48_000), 48_000).length);
  });

  it('draws every loud sample, at its place', () => {
    const samples = new Float32Array(1_000);
    samples[10] = 0.9;
    samples[999] = -0.7;
    const peaks = peaksOf([samples, new Float32Array(1_000)], 10);
    expect(peaks.length).toBe(20);
    expect(peaks[1]).toBeCloseTo(0.9);
    expect(peaks[18]).toBeCloseTo(-0.7);
    expect([...peaks].filter((x) => x !== 0).length).toBe(2);
    // Fewer samples than stretches: none is empty of what is there.
    expect([...peaksOf([Float32Array.of(0.5)], 3)].filter((x) => x === 0.5).length).toBe(3);
  });
});

describe('recent files', () => {
  const file = (usedAtMs: number, bytes: number): RecentFile => ({
    id: `${usedAtMs}`,
    name: 'a',
    durationMs: 1,
    bytes,
    usedAtMs,
  });

  it('keep within ten files and 100 MB, and the latest stays', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.nat(), fc.nat(MAX_RECENT_BYTES)), { selector: ([at]) => at, maxLength: 20 }),
        (all) => {
          const files = all.map(([at, bytes]) => file(at, bytes));
          const over = overBounds(files);
          const kept = files.filter((f) => !over.includes(f));
          expect(kept.length).toBeLessThanOrEqual(MAX_RECENTS);
          expect(kept.reduce((sum, f) => sum + f.bytes, 0)).toBeLessThanOrEqual(MAX_RECENT_BYTES);
          const latest = files.toSorted((a, b) => b.usedAtMs - a.usedAtMs)[0];
          if (latest) expect(kept).toContain(latest);
        },
      ),
    );
    expect(overBounds(Array.from({ length: 12 }, (_, i) => file(i, 10))).map((f) => f.usedAtMs)).toEqual([1, 0]);
  });
});
