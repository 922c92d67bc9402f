import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PcmStream, type SampleEncoding } from './pcm-stream';

const WIDTH: Record<SampleEncoding, number> = { u8: 1, s16: 2, s24: 3, s32: 4, f32: 4 };

function write(out: Buffer, at: number, encoding: SampleEncoding, x: number): void {
  if (encoding === 'f32') out.writeFloatLE(x, at);
  else if (encoding === 'u8') out.writeUInt8(Math.round(x * 127) + 128, at);
  else out.writeIntLE(Math.round(x * (2 ** (8 * WIDTH[encoding] - 1) - 1)), at, WIDTH[encoding]);
}

function encode(frames: number[][], encoding: SampleEncoding): Buffer {
  const all = frames.flat();
  const out = Buffer.alloc(all.length * WIDTH[encoding]);
  for (const [i, x] of all.entries()) write(out, i * WIDTH[encoding], encoding, x);
  return out;
}

describe('PcmStream', () => {
  it('reads every encoding, mixes channels by their mean, and minds no cut', () =>
    fc.assert(
      fc.property(
        fc.constantFrom<SampleEncoding>('u8', 's16', 's24', 's32', 'f32'),
        fc.integer({ min: 1, max: 3 }),
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        (encoding, channels, values, cuts) => {
          const frames = values.map((x, i) =>
            Array.from({ length: channels }, (_, c) => (c === 0 ? x : values[i % 7]!)),
          );
          const bytes = encode(frames, encoding);
          const stream = new PcmStream({ encoding, channels });
          const heard: number[] = [];
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const end = at + cuts[turn % cuts.length]!;
            heard.push(...stream.push(bytes.subarray(at, end)));
            at = end;
          }
          expect(heard).toHaveLength(frames.length);
          const step = encoding === 'u8' ? 1 / 64 : 1 / 16_384;
          for (const [i, frame] of frames.entries()) {
            expect(Math.abs(heard[i]! - frame.reduce((sum, x) => sum + x, 0) / channels)).toBeLessThanOrEqual(step);
          }
        },
      ),
      { numRuns: 200 },
    ));

  it('is exact at the ends of the scale', () => {
    const bytes = Buffer.from([0x00, 0x80, 0xff, 0x7f, 0x01, 0x00]);
    expect([...new PcmStream().push(bytes)]).toEqual([-1, 32_767 / 32_768, 1 / 32_768]);
    const s24 = Buffer.from([0x00, 0x00, 0x80, 0xff, 0xff, 0xff]);
    expect([...new PcmStream({ encoding: 's24', channels: 1 }).push(s24)]).toEqual([-1, -1 / 8_388_608]);
  });

  it('lets no float through that is none', () => {
    const bytes = Buffer.alloc(16);
    for (const [i, x] of [Number.NaN, Number.POSITIVE_INFINITY, -3, 0.5].entries()) bytes.writeFloatLE(x, 4 * i);
    expect([...new PcmStream({ encoding: 'f32', channels: 1 }).push(bytes)]).toEqual([0, 1, -1, 0.5]);
  });
});
