import { describe, expect, it } from 'vitest';
import { h264Payloads, splitAnnexB, vp8Payloads } from './payloads';

const unit = (header: number, bytes: number) => Buffer.concat([Buffer.of(header), Buffer.alloc(bytes - 1, 0xab)]);
const annexB = (...units: Buffer[]) => Buffer.concat(units.flatMap((u) => [Buffer.of(0, 0, 0, 1), u]));

describe('splitAnnexB', () => {
  it('takes 3- and 4-byte start codes', () => {
    const stream = Buffer.concat([
      Buffer.of(0, 0, 0, 1, 0x67, 1),
      Buffer.of(0, 0, 1, 0x68, 2),
      Buffer.of(0, 0, 0, 1, 0x65, 3),
    ]);
    expect(splitAnnexB(stream).map((u) => [...u])).toEqual([
      [0x67, 1],
      [0x68, 2],
      [0x65, 3],
    ]);
  });
});

describe('h264Payloads (RFC 6184)', () => {
  it('sends small units whole, parameter sets first, the marker on the last', () => {
    const payloads = h264Payloads(annexB(unit(0x65, 100)), annexB(unit(0x67, 10), unit(0x68, 5)));
    expect(payloads.map((p) => [p.data[0]! & 0x1f, p.marker])).toEqual([
      [7, false],
      [8, false],
      [5, true],
    ]);
  });

  it('leaves out access unit delimiters', () => {
    expect(h264Payloads(annexB(unit(0x09, 2), unit(0x41, 50)), undefined)).toHaveLength(1);
  });

  it('fragments large units so that they can be put together again', () => {
    const whole = Buffer.concat([Buffer.of(0x65), Buffer.from(Array.from({ length: 5_000 }, (_, i) => i & 0x7f))]);
    const payloads = h264Payloads(annexB(whole), undefined);
    expect(payloads.every((p) => p.data.length <= 1_150 && (p.data[0]! & 0x1f) === 28)).toBe(true);
    expect(payloads.map((p) => p.data[1]! >> 6)).toEqual([2, 0, 0, 0, 1]);
    const type = (payloads[0]!.data[0]! & 0xe0) | (payloads[0]!.data[1]! & 0x1f);
    const rebuilt = Buffer.concat([Buffer.of(type), ...payloads.map((p) => p.data.subarray(2))]);
    expect(rebuilt.equals(whole)).toBe(true);
  });
});

describe('vp8Payloads (RFC 7741)', () => {
  it('marks the start of the partition once and the end once', () => {
    const payloads = vp8Payloads(Buffer.alloc(3_000, 7), 0x1234);
    expect(payloads.map((p) => (p.data[0]! & 0x10) !== 0)).toEqual([true, false, false]);
    expect(payloads.map((p) => p.marker)).toEqual([false, false, true]);
    expect(((payloads[0]!.data[2]! & 0x7f) << 8) | payloads[0]!.data[3]!).toBe(0x1234);
    expect(payloads.reduce((n, p) => n + p.data.length - 4, 0)).toBe(3_000);
  });
});
