import { describe, expect, it } from 'vitest';
import { FACE_PLACE_BYTES, FACE_PLACES, type FaceInFile, FacePlaces, readFace } from './face-places';
import { PATCH_PLACES, PatchFile, PatchWriter } from './patch-file';

const BYTES = 4_000;
const face = (value: number, bytes = BYTES) => new Uint8Array(bytes).fill(value);
const at = (place: number, bytes = BYTES): FaceInFile => {
  return { type: 'face-in-file', slot: 0, widthPx: 2, heightPx: 2, place, bytes };
};

describe('FacePlaces', () => {
  it('carry faces beside the patches, each until it was read', () => {
    const file = PatchFile.open()!;
    const patches = new PatchWriter(file.fd);
    const places = new FacePlaces(file.fd);
    const taken = Array.from({ length: FACE_PLACES }, (_, i) => places.put(face(100 + i))!);
    const patched = Array.from({ length: PATCH_PLACES }, (_, i) => patches.write(face(i))!);
    expect(new Set(taken).size).toBe(FACE_PLACES);
    expect(places.put(face(1))).toBeUndefined(); // nothing is overwritten that was not read
    for (const [i, place] of taken.entries()) expect(readFace(file.fd, at(place))).toEqual(face(100 + i));
    for (const [i, place] of patched.entries()) expect(file.read(place, BYTES)!.data).toEqual(face(i));
    places.wasRead(taken[3]!);
    places.wasRead(taken[3]!); // said twice, done once
    places.wasRead(FACE_PLACES); // and of no place of ours
    expect(places.put(face(9))).toBe(taken[3]);
    expect(places.put(face(9))).toBeUndefined();
    expect(readFace(file.fd, at(taken[3]!))).toEqual(face(9));
    file.close();
  });

  it('leave the largest to their messages, and all of them once the file is closed', () => {
    const file = PatchFile.open()!;
    const places = new FacePlaces(file.fd);
    expect(places.put(face(1, FACE_PLACE_BYTES + 2))).toBeUndefined();
    const place = places.put(face(7, FACE_PLACE_BYTES))!;
    expect(readFace(file.fd, at(place, FACE_PLACE_BYTES))!.at(-1)).toBe(7);
    expect(readFace(file.fd, at(FACE_PLACES + 5))).toBeUndefined();
    file.close();
    expect(places.put(face(1))).toBeUndefined();
  });
});
