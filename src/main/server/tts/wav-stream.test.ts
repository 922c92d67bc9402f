import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wav } from '../../../../testing/audio-files';
import { tone, type VoicePcm, wavFile } from '../../../../testing/voice-servers';
import { WavProblem, WavStream } from './wav-stream';

const RATE_HZ = 24_000;

function read(bytes: Uint8Array, sizes: number[] = [7]) {
  const stream = new WavStream();
  const chunks = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const end = at + sizes[turn % sizes.length]!;
    chunks.push(...stream.push(bytes.subarray(at, end)));
    at = end;
  }
  const end = stream.end();
  chunks.push(...end.chunks);
  return {
    samples: chunks.flatMap((chunk) => [...chunk.samples]),
    rates: [...new Set(chunks.map((chunk) => chunk.sampleRateHz))],
    missingBytes: end.missingBytes,
  };
}

function expectSound(bytes: Uint8Array, spoken: VoicePcm, sizes?: number[]) {
  const heard = read(bytes, sizes);
  expect(heard.samples).toHaveLength(spoken.samples.length);
  expect(heard.rates).toEqual([spoken.sampleRateHz]);
  expect(heard.samples.every((x, i) => Math.abs(x - spoken.samples[i]!) <= 1 / 32_768)).toBe(true);
  expect(heard.missingBytes).toBe(0);
}

const chunk = (id: string, body: Buffer, size = body.length) => {
  const head = Buffer.alloc(8);
  head.write(id, 'latin1');
  head.writeUInt32LE(size, 4);
  return Buffer.concat([head, body, Buffer.alloc(size & 1)]);
};

/** A file with other chunks than the plain 44 bytes. */
function file(spoken: VoicePcm, { before = [] as Buffer[], after = [] as Buffer[], dataBytes = -1 } = {}) {
  const plain = wavFile(spoken);
  const data = plain.subarray(44);
  const sound = chunk('data', data, dataBytes < 0 ? data.length : dataBytes);
  return Buffer.concat([plain.subarray(0, 36), ...before, sound, ...after]);
}

function format(tag: number, channels: number, rateHz: number, bits: number, more = Buffer.alloc(0)) {
  const body = Buffer.alloc(16);
  body.writeUInt16LE(tag, 0);
  body.writeUInt16LE(channels, 2);
  body.writeUInt32LE(rateHz, 4);
  body.writeUInt16LE((channels * bits) / 8, 12);
  body.writeUInt16LE(bits, 14);
  return Buffer.concat([Buffer.from('RIFF\xff\xff\xff\xffWAVE', 'latin1'), chunk('fmt ', Buffer.concat([body, more]))]);
}

describe('WavStream', () => {
  const spoken = tone(RATE_HZ, 100);

  it('reads the same however it is cut, sizes known or not', () =>
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 6 }),
        fc.constantFrom(undefined, 0, 0xffff_ffff, 0xffff_ffdb, 0x7fff_ffff, 0x7fff_0000, 0x8000_0000),
        (sizes, dataBytes) => expectSound(wavFile(spoken, dataBytes === undefined ? {} : { dataBytes }), spoken, sizes),
      ),
      { numRuns: 100 },
    ));

  it.each([1, 11, 45, 1_000, 100_000])('reads many whole files, one behind the other, in pieces of %i', (size) => {
    for (const dataBytes of [undefined, 0]) {
      const pieces = [];
      for (let at = 0; at < spoken.samples.length; at += 333) {
        const samples = spoken.samples.subarray(at, at + 333);
        pieces.push(wavFile({ ...spoken, samples }, dataBytes === undefined ? {} : { dataBytes }));
      }
      expectSound(Buffer.concat(pieces), spoken, [size]);
    }
  });

  it('sound in which RIFF is written by chance is sound', () => {
    const samples = spoken.samples.slice();
    // "RI" and "FF" as two samples.
    samples[500] = 0x4952 / 32_768;
    samples[501] = 0x4646 / 32_768;
    samples[samples.length - 1] = 0x4952 / 32_768;
    for (const size of [1, 1_045, 100_000])
      expectSound(wavFile({ ...spoken, samples }, { dataBytes: 0 }), { ...spoken, samples }, [size]);
  });

  it('skips what recorders and editors add', () => {
    const note = chunk('LIST', Buffer.from('INFOISFT!'));
    expectSound(
      file(spoken, { before: [note, chunk('fact', Buffer.alloc(4))], after: [note, chunk('id3 ', Buffer.alloc(31))] }),
      spoken,
    );
  });

  it('goes on where the header counted the first piece only', () => {
    expectSound(file(spoken, { dataBytes: 1_000 }), spoken);
  });

  it('mixes stereo down, reads 8, 24 and 32 bits, float and the extensible header', () => {
    const stereo = wav(2_400, RATE_HZ, 2, (i, c) => (c === 0 ? 0.5 : 0.1) * Math.sin(i / 9));
    const heard = read(stereo).samples;
    expect(heard).toHaveLength(2_400);
    expect(heard.every((x, i) => Math.abs(x - 0.3 * Math.sin(i / 9)) < 1 / 16_384)).toBe(true);

    const bytes = { u8: Buffer.from([192]), s24: Buffer.from([0, 0, 64]), s32: Buffer.from([0, 0, 0, 64]) };
    const float = Buffer.alloc(4);
    float.writeFloatLE(0.5);
    const subFormat = Buffer.alloc(24);
    subFormat.writeUInt16LE(3, 8);
    const files = [
      [format(1, 1, 8_000, 8), bytes.u8],
      [format(1, 1, 8_000, 24), bytes.s24],
      [format(1, 1, 8_000, 32), bytes.s32],
      [format(3, 1, 8_000, 32), float],
      [format(0xfffe, 1, 8_000, 32, subFormat), float],
    ] as const;
    for (const [head, sample] of files) {
      expect(read(Buffer.concat([head, chunk('data', sample)]))).toEqual({
        samples: [0.5],
        rates: [8_000],
        missingBytes: 0,
      });
    }
  });

  it.each([
    ['began like a WAV file and is none', Buffer.from('RIFF1234AVI LIST')],
    ['impossible sample rate of 0 Hz', format(1, 1, 0, 16)],
    ['impossible sample rate of 192001 Hz', format(1, 1, 192_001, 16)],
    ['with 0 channels', format(1, 0, 16_000, 16)],
    ['with 9 channels', format(1, 9, 16_000, 16)],
    ['of format 85 with 16 bits', format(85, 1, 16_000, 16)],
    ['of format 1 with 12 bits', format(1, 1, 16_000, 12)],
    ['does not say what format', Buffer.concat([Buffer.from('RIFF1234WAVE'), chunk('data', Buffer.alloc(10))])],
    ['a format of 2000 bytes', Buffer.concat([Buffer.from('RIFF1234WAVE'), chunk('fmt ', Buffer.alloc(2_000))])],
    ['damaged', Buffer.concat([Buffer.from('RIFF1234WAVE'), chunk('LIST', Buffer.alloc(1), 2_000_001)])],
  ])('refuses a header that %s', (message, bytes) => {
    expect(() => read(bytes)).toThrow(WavProblem);
    expect(() => read(bytes)).toThrow(message);
  });

  it('tells how much is missing', () => {
    const whole = wavFile(spoken);
    expect(read(whole.subarray(0, whole.length - 100)).missingBytes).toBe(100);
    expect(read(whole.subarray(0, whole.length - 100)).samples).toHaveLength(spoken.samples.length - 50);
    expect(read(whole.subarray(0, 20)).missingBytes).toBeGreaterThan(0);
  });
});
