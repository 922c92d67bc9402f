import { describe, expect, it } from 'vitest';
import { counts } from '../metrics/native';
import { PATCH_PLACES, PatchFile, PatchWriter } from './patch-file';

const MIB = 1024 * 1024;

describe('PatchFile', () => {
  const opened = () => {
    const file = PatchFile.open()!;
    return { file, writer: new PatchWriter(file.fd) };
  };
  const patch = (value: number, bytes = 90_000) => new Uint8Array(bytes).fill(value);

  it('gives back what was put in, for as many as may be under way', () => {
    const { file, writer } = opened();
    const places = Array.from({ length: PATCH_PLACES }, (_, i) => writer.write(patch(i, 1_000 + i))!);
    expect(new Set(places).size).toBe(PATCH_PLACES);
    for (const [i, place] of places.entries()) expect(file.read(place, 1_000 + i)!.data).toEqual(patch(i, 1_000 + i));
    file.close();
  });

  it('uses a buffer again once it was released, and not before', () => {
    const { file, writer } = opened();
    const first = file.read(writer.write(patch(1))!, 90_000)!;
    const second = file.read(writer.write(patch(2))!, 90_000)!;
    expect(second.data.buffer).not.toBe(first.data.buffer);
    first.release();
    first.release(); // said twice, done once
    const third = file.read(writer.write(patch(3))!, 90_000)!;
    const fourth = file.read(writer.write(patch(4))!, 90_000)!;
    expect(third.data.buffer).toBe(first.data.buffer);
    expect(fourth.data.buffer).not.toBe(first.data.buffer);
    expect([second.data[0], third.data[0], fourth.data[0]]).toEqual([2, 3, 4]);
    file.close();
  });

  it('lets a patch that is too large go with its message', () => {
    const { file, writer } = opened();
    expect(writer.write(patch(1, MIB + 2))).toBeUndefined();
    expect(file.read(writer.write(patch(7, MIB))!, MIB)!.data.at(-1)).toBe(7);
    file.close();
  });

  it('reads nothing that is not there, and nothing after it was closed', () => {
    const { file, writer } = opened();
    writer.write(patch(1, 100));
    for (const [place, bytes] of [
      [0, 200],
      [5, 100],
      [PATCH_PLACES, 100],
      [-1, 100],
      [0.5, 2 * MIB],
      [Number.NaN, 100],
    ] as const) {
      expect(file.read(place, bytes), `${place}, ${bytes}`).toBeUndefined();
    }
    file.close();
    file.close();
    expect(file.read(0, 100)).toBeUndefined();
    expect(counts()['patch-file'] ?? 0).toBe(0);
  });
});
