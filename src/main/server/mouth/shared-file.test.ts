import { describe, expect, it } from 'vitest';
import { counts } from '../metrics/native';
import { FACE_PLACE_BYTES, FACE_PLACES, type FaceInFile, PATCH_PLACES, SharedFile, SharedFileEnd } from './shared-file';

const MIB = 1024 * 1024;

const opened = () => {
  const file = SharedFile.open()!;
  return { file, end: new SharedFileEnd(file.fd) };
};

describe('patches in the shared file', () => {
  const patch = (value: number, bytes = 90_000) => new Uint8Array(bytes).fill(value);

  it('gives back what was put in, for as many as may be under way', () => {
    const { file, end } = opened();
    const places = Array.from({ length: PATCH_PLACES }, (_, i) => end.putPatch(patch(i, 1_000 + i))!);
    expect(new Set(places).size).toBe(PATCH_PLACES);
    for (const [i, place] of places.entries())
      expect(file.readPatch(place, 1_000 + i)!.data).toEqual(patch(i, 1_000 + i));
    file.close();
  });

  it('uses a buffer again once it was released, and not before', () => {
    const { file, end } = opened();
    const first = file.readPatch(end.putPatch(patch(1))!, 90_000)!;
    const second = file.readPatch(end.putPatch(patch(2))!, 90_000)!;
    expect(second.data.buffer).not.toBe(first.data.buffer);
    first.release();
    first.release(); // said twice, done once
    const third = file.readPatch(end.putPatch(patch(3))!, 90_000)!;
    const fourth = file.readPatch(end.putPatch(patch(4))!, 90_000)!;
    expect(third.data.buffer).toBe(first.data.buffer);
    expect(fourth.data.buffer).not.toBe(first.data.buffer);
    expect([second.data[0], third.data[0], fourth.data[0]]).toEqual([2, 3, 4]);
    file.close();
  });

  it('lets a patch that is too large go with its message', () => {
    const { file, end } = opened();
    expect(end.putPatch(patch(1, MIB + 2))).toBeUndefined();
    expect(file.readPatch(end.putPatch(patch(7, MIB))!, MIB)!.data.at(-1)).toBe(7);
    file.close();
  });

  it('reads nothing that is not there, and nothing after it was closed', () => {
    const { file, end } = opened();
    end.putPatch(patch(1, 100));
    for (const [place, bytes] of [
      [0, 200],
      [5, 100],
      [PATCH_PLACES, 100],
      [-1, 100],
      [0.5, 2 * MIB],
      [Number.NaN, 100],
    ] as const) {
      expect(file.readPatch(place, bytes), `${place}, ${bytes}`).toBeUndefined();
    }
    file.close();
    file.close();
    expect(file.readPatch(0, 100)).toBeUndefined();
    expect(counts()['shared-file'] ?? 0).toBe(0);
  });
});

describe('faces in the shared file', () => {
  const BYTES = 4_000;
  const face = (value: number, bytes = BYTES) => new Uint8Array(bytes).fill(value);
  const at = (place: number, bytes = BYTES): FaceInFile => {
    return { type: 'face-in-file', slot: 0, widthPx: 2, heightPx: 2, place, bytes };
  };

  it('lie beside the patches, each until it was read', () => {
    const { file, end } = opened();
    const taken = Array.from({ length: FACE_PLACES }, (_, i) => file.putFace(face(100 + i))!);
    const patched = Array.from({ length: PATCH_PLACES }, (_, i) => end.putPatch(face(i))!);
    expect(new Set(taken).size).toBe(FACE_PLACES);
    expect(file.putFace(face(1))).toBeUndefined(); // nothing is overwritten that was not read
    for (const [i, place] of taken.entries()) expect(end.readFace(at(place))).toEqual(face(100 + i));
    for (const [i, place] of patched.entries()) expect(file.readPatch(place, BYTES)!.data).toEqual(face(i));
    file.faceWasRead(taken[3]!);
    file.faceWasRead(taken[3]!); // said twice, done once
    file.faceWasRead(FACE_PLACES); // and of no place of ours
    expect(file.putFace(face(9))).toBe(taken[3]);
    expect(file.putFace(face(9))).toBeUndefined();
    expect(end.readFace(at(taken[3]!))).toEqual(face(9));
    file.close();
  });

  it('leave the largest to their messages, and all of them once the file is closed', () => {
    const { file, end } = opened();
    expect(file.putFace(face(1, FACE_PLACE_BYTES + 2))).toBeUndefined();
    const place = file.putFace(face(7, FACE_PLACE_BYTES))!;
    expect(end.readFace(at(place, FACE_PLACE_BYTES))!.at(-1)).toBe(7);
    expect(end.readFace(at(FACE_PLACES + 5))).toBeUndefined();
    file.close();
    expect(file.putFace(face(1))).toBeUndefined();
  });
});
