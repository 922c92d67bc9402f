import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frames } from './framer';
import { Resampler, resample } from './resample';

const sine = (count: number, rateHz: number, hz: number) =>
  Float32Array.from({ length: count }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / rateHz));

function convert(input: Float32Array, inRateHz: number, outRateHz: number, sizes: number[] = [input.length || 1]) {
  const resampler = new Resampler(inRateHz, outRateHz);
  const out: number[] = [];
  for (let at = 0, i = 0; at < input.length; i++) {
    const size = sizes[i % sizes.length]!;
    for (const x of resampler.push(input.subarray(at, at + size))) out.push(x);
    at += size;
  }
  for (const x of resampler.flush()) out.push(x);
  return Float32Array.from(out);
}

const RATES = [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_056, 44_100, 48_000, 96_000, 192_000];

describe('Resampler', () => {
  it.each(RATES)('%i Hz -> 48 kHz: in place, in level, in length', (rateHz) => {
    const count = Math.round(rateHz * 0.37) + 3;
    const hz = 1_000;
    const out = convert(sine(count, rateHz, hz), rateHz, 48_000);
    expect(out.length).toBe(Math.round((count * 48_000) / rateHz));
    const ideal = sine(out.length, 48_000, hz);
    let worst = 0;
    for (let i = 300; i < out.length - 300; i++) worst = Math.max(worst, Math.abs(out[i]! - ideal[i]!));
    // -66 dB below the tone
    expect(worst).toBeLessThan(0.5 * 0.0005);
  });

  it('48 -> 16 kHz keeps speech and removes what would alias', () => {
    const level = (hz: number) => {
      const out = convert(sine(48_000, 48_000, hz), 48_000, 16_000);
      expect(out.length).toBe(16_000);
      return Math.max(...out.subarray(1_000, 15_000).map(Math.abs)) / 0.5;
    };
    expect(level(300)).toBeCloseTo(1, 2);
    expect(level(6_800)).toBeGreaterThan(0.9);
    for (const hz of [8_600, 9_000, 12_000, 20_000]) expect(level(hz)).toBeLessThan(0.001);
  });

  it('keeps a constant exactly', () => {
    const out = convert(new Float32Array(5_000).fill(0.25), 44_100, 48_000);
    for (const x of out.subarray(100, -100)) expect(Math.abs(x - 0.25)).toBeLessThan(1e-6);
  });

  it('gives the same samples and the exact count for any chunking', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...RATES),
        fc.constantFrom(16_000, 48_000),
        fc.integer({ min: 0, max: 3_000 }),
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 6 }),
        (inRate, outRate, count, sizes) => {
          const input = sine(count, inRate, 440);
          const whole = convert(input, inRate, outRate);
          expect(whole.length).toBe(Math.round((count * outRate) / inRate));
          expect(convert(input, inRate, outRate, sizes)).toEqual(whole);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('can be used again after flush', () => {
    const resampler = new Resampler(44_100, 48_000);
    const once = [...resampler.push(sine(1_000, 44_100, 500)), ...resampler.flush()];
    expect([...resampler.push(sine(1_000, 44_100, 500)), ...resampler.flush()]).toEqual(once);
  });

  it('refuses impossible rates', () => {
    for (const rate of [0, -1, Number.NaN, 10, 1e9, 44_100.5])
      expect(() => new Resampler(rate, 48_000)).toThrow(RangeError);
  });
});

describe('streams', () => {
  async function* chunks() {
    yield { samples: sine(22_050, 22_050, 440), sampleRateHz: 22_050 };
    yield { samples: new Float32Array(0), sampleRateHz: 22_050 };
    yield { samples: sine(24_001, 24_000, 440), sampleRateHz: 24_000 };
    yield { samples: sine(100, 48_000, 440), sampleRateHz: 48_000 };
  }

  it('takes rates that change and cuts blocks, the last one padded', async () => {
    const blocks: Float32Array[] = [];
    for await (const block of frames(resample(chunks(), 48_000), 960)) blocks.push(block);
    expect(blocks.every((block) => block.length === 960)).toBe(true);
    expect(blocks.length).toBe(Math.ceil((48_000 + 48_002 + 100) / 960));
    expect(blocks.at(-1)!.at(-1)).toBe(0);
  });
});
