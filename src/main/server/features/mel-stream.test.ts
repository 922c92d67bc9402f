import { describe, expect, it } from 'vitest';
import { MEL_BANDS, MEL_WINDOW_FRAMES, melSpectrogram } from './mel';
import { MelStream } from './mel-stream';

const speechLike = (samples: number): Float32Array => {
  let seed = 7;
  return Float32Array.from({ length: samples }, (_, i) => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
    const noise = seed / 0x40000000 - 1;
    return 0.5 * Math.sin(i / 20 + Math.sin(i / 900)) * Math.abs(Math.sin(i / 2_000)) + 0.02 * noise;
  });
};

/** The window by definition: cut from the mel of one second of silence + signal + one second of silence. */
function expectedWindow(signal: Float32Array, pictureIndex: number, windowStartMs: number): Float32Array {
  const silenceSamples = 16_000; // 80 mel frames, 25 pictures
  const whole = new Float32Array(silenceSamples + signal.length);
  whole.set(signal, silenceSamples);
  const mel = melSpectrogram(whole);
  const first = 80 + Math.round((pictureIndex * 40 + windowStartMs) / 12.5);
  const window = new Float32Array(MEL_BANDS * MEL_WINDOW_FRAMES);
  for (let band = 0; band < MEL_BANDS; band++) {
    for (let i = 0; i < MEL_WINDOW_FRAMES; i++) {
      const frame = first + i;
      window[band * MEL_WINDOW_FRAMES + i] = frame < mel.frames ? mel.data[band * mel.frames + frame]! : -4;
    }
  }
  return window;
}

const inChunks = (signal: Float32Array, sizes: number[]): Float32Array[] => {
  const chunks: Float32Array[] = [];
  for (let at = 0, i = 0; at < signal.length; i++) {
    const size = sizes[i % sizes.length]!;
    chunks.push(signal.subarray(at, at + size));
    at += size;
  }
  return chunks;
};

describe('MelStream', () => {
  // 0 and 160 would round to the same frames if the rounding were wrong; -37.5 is lip-mini, -40 the default, 0 the peers'.
  it.each([-37.5, -40, -75, 0, 60])('windows equal those of the whole signal, starting at %d ms', (windowStartMs) => {
    const signal = speechLike(640 * 30 + 123);
    const stream = new MelStream({ windowStartMs });
    let next = 0;
    for (const chunk of inChunks(signal, [320, 1, 77, 5_000, 0, 200])) {
      stream.push(chunk);
      for (; next < stream.available; next++) {
        expect(stream.window(next)!.data).toEqual(expectedWindow(signal, next, windowStartMs));
      }
    }
    expect(next).toBeGreaterThan(20);
    stream.flush();
    expect(stream.pictures).toBe(31);
    expect(stream.available).toBe(31);
    for (; next < 31; next++) {
      // The whole-signal mel ends 1 + floor(n / 200) frames in; beyond that the stream goes on into silence.
      const got = stream.window(next)!.data;
      const wanted = expectedWindow(signal, next, windowStartMs);
      const last = 80 + Math.floor(signal.length / 200) - 80 - Math.round((next * 40 + windowStartMs) / 12.5);
      for (let band = 0; band < MEL_BANDS; band++) {
        for (let i = 0; i <= Math.min(15, last); i++) expect(got[band * 16 + i]).toBe(wanted[band * 16 + i]);
        for (let i = Math.max(0, last + 3); i < 16; i++) expect(got[band * 16 + i]).toBe(-4);
      }
    }
  });

  it('says nothing is available before enough was heard, and everything as soon as it was', () => {
    const stream = new MelStream({ windowStartMs: -37.5 });
    expect(stream.available).toBe(0);
    expect(stream.window(0)).toBeUndefined();
    // Picture 0 sees frames -3..12; frame 12 ends at 12 * 200 + 400 = 2800 samples.
    stream.push(new Float32Array(2_799).fill(0.1));
    expect(stream.available).toBe(0);
    stream.push(new Float32Array(1).fill(0.1));
    expect(stream.available).toBe(1);
    expect(stream.window(0)).toBeDefined();
    expect(stream.window(1)).toBeUndefined();
  });

  it('pads missing future with silence on request, without spoiling later windows', () => {
    const signal = speechLike(16_000);
    const stream = new MelStream({ windowStartMs: -37.5 });
    stream.push(signal.subarray(0, 6_400));
    const padded = stream.window(9, { pad: true })!.data;
    expect(padded).toEqual(expectedPadded(signal.subarray(0, 6_400), 9));
    expect(stream.window(40, { pad: true })!.data.every((value) => value === -4)).toBe(true);
    stream.push(signal.subarray(6_400));
    for (let i = 8; i < stream.available; i++) {
      expect(stream.window(i)!.data).toEqual(expectedWindow(signal, i, -37.5));
    }
  });

  function expectedPadded(heard: Float32Array, pictureIndex: number): Float32Array {
    const ended = new MelStream({ windowStartMs: -37.5 });
    ended.push(heard);
    ended.flush();
    return ended.window(pictureIndex)!.data;
  }

  it('forgets what nobody needs, and says so', () => {
    const stream = new MelStream({ windowStartMs: -37.5 });
    stream.push(speechLike(16_000 * 20));
    for (let i = 0; i < stream.available; i++) stream.window(i);
    expect(stream.window(stream.available - 1)).toBeDefined();
    expect(() => stream.window(0)).toThrow(RangeError);
  });

  it('refuses samples after flush', () => {
    const stream = new MelStream({ windowStartMs: 0 });
    stream.flush();
    expect(stream.available).toBe(0);
    expect(() => stream.push(new Float32Array(1))).toThrow('after flush');
  });

  it('costs little', () => {
    const second = speechLike(16_000);
    const stream = new MelStream({ windowStartMs: -37.5 });
    let taken = 0;
    const run = (seconds: number) => {
      for (let i = 0; i < seconds; i++) {
        for (let at = 0; at < 16_000; at += 320) stream.push(second.subarray(at, at + 320));
        for (; taken < stream.available; taken++) stream.window(taken);
      }
    };
    run(5);
    const before = process.cpuUsage();
    run(20);
    const used = process.cpuUsage(before);
    const cpuMsPerSecond = (used.user + used.system) / 1e3 / 20;
    console.log(`mel: ${cpuMsPerSecond.toFixed(2)} CPU-ms per second of audio`);
    expect(cpuMsPerSecond).toBeLessThan(40);
  });
});
