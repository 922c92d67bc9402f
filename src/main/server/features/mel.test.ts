import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appRoot } from '../entries';
import { RealFft } from './fft';
import { melSpectrogram } from './mel';

const floats = (file: string): Float32Array => {
  const bytes = readFileSync(file);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
};
const pcm = (file: string): Float32Array => {
  const bytes = readFileSync(file);
  return Float32Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readInt16LE(2 * i) / 32_768);
};
const largestDifference = (a: Float32Array, b: Float32Array) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

describe('melSpectrogram', () => {
  it("equals numpy's on a chirp with a silent gap (testing/mel/make_fixture.py)", () => {
    const signal = Float32Array.from({ length: 4_800 }, (_, i) => {
      const t = i / 16_000;
      if (i >= 3_200 && i < 4_000) return 0;
      return 0.4 * Math.sin(2 * Math.PI * (120 * t + 5_000 * t * t)) + 0.1 * Math.sin(2 * Math.PI * 6_000 * t);
    });
    const expected = floats(join(appRoot, 'testing/mel/chirp.f32'));
    const mel = melSpectrogram(signal);
    expect(mel.frames).toBe(25);
    expect(mel.data.length).toBe(expected.length);
    expect(largestDifference(mel.data, expected)).toBeLessThanOrEqual(1e-5);
  });

  it('gives -4 for digital silence', () => {
    const mel = melSpectrogram(new Float32Array(2_000));
    expect(mel.data.every((value) => value === -4)).toBe(true);
  });

  const parity = join(appRoot, '../shared/fixtures/wav2lip/mel');
  const there = existsSync(parity);
  describe.skipIf(!there)(`Wav2Lip parity${there ? '' : ' (SKIPPED: ../shared/fixtures/wav2lip is not here)'}`, () => {
    it.each(['speech', 'sweep', 'noise'])('%s within 1e-5', (name) => {
      const expected = floats(join(parity, `${name}.constant.f32`));
      const mel = melSpectrogram(pcm(join(parity, `${name}16k.s16`)));
      expect(mel.data.length).toBe(expected.length);
      expect(largestDifference(mel.data, expected)).toBeLessThanOrEqual(1e-5);
    });
  });
});

describe('RealFft', () => {
  it.each([8, 12, 30, 96, 800])('of %i samples equals the sum by definition', (size) => {
    const input = Float64Array.from({ length: size }, (_, i) => Math.sin(i * i) + 0.3);
    const magnitude = new Float64Array(size / 2 + 1);
    new RealFft(size).magnitudes(input, magnitude);
    for (let k = 0; k <= size / 2; k++) {
      let re = 0;
      let im = 0;
      for (let i = 0; i < size; i++) {
        re += input[i]! * Math.cos((2 * Math.PI * k * i) / size);
        im -= input[i]! * Math.sin((2 * Math.PI * k * i) / size);
      }
      expect(magnitude[k]).toBeCloseTo(Math.hypot(re, im), 8);
    }
  });

  it('refuses sizes it cannot do', () => {
    expect(() => new RealFft(14)).toThrow('14');
    expect(() => new RealFft(25)).toThrow('25');
  });
});
