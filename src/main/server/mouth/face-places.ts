import { readSync, writeSync } from 'node:fs';
import { PATCHES_END_BYTES } from './patch-file';

/** As many as may be on their way at once; one more goes with its message. */
export const FACE_PLACES = 8;
/** A face box of 1182x1182. A larger one goes with its message. */
export const FACE_PLACE_BYTES = 2 * 1024 * 1024;

const offsetOf = (place: number): number => PATCHES_END_BYTES + place * FACE_PLACE_BYTES;

/** How a `face` travels when its bytes are in the file that both processes share. */
export interface FaceInFile {
  type: 'face-in-file';
  slot: number;
  widthPx: number;
  heightPx: number;
  place: number;
  bytes: number;
}

/** The inference process has its own copy: the place may hold another face. */
export interface FaceRead {
  type: 'face-read';
  place: number;
}

/**
 * Where the server puts faces for the inference process: behind the patches in the file that both have open. In a message each would
 * be serialised into new buffers, 10 MB a second for a 1080x1920 presenter who speaks, and the process grows by what V8 has not
 * collected yet.
 */
export class FacePlaces {
  private readonly free = Array.from({ length: FACE_PLACES }, (_, place) => place);

  constructor(private readonly fd: number) {}

  /** @returns the place it was put in; undefined when it goes with its message */
  put(data: Uint8Array): number | undefined {
    const place = data.length <= FACE_PLACE_BYTES ? this.free.pop() : undefined;
    if (place === undefined) return undefined;
    try {
      if (writeSync(this.fd, data, 0, data.length, offsetOf(place)) === data.length) return place;
    } catch {
      // A full disk, or a process that has just ended.
    }
    this.free.push(place);
    return undefined;
  }

  wasRead(place: number): void {
    if (place >= 0 && place < FACE_PLACES && !this.free.includes(place)) this.free.push(place);
  }
}

/** The inference process's end of it. @returns undefined where the file does not hold it */
export function readFace(fd: number, { place, bytes }: FaceInFile): Uint8Array | undefined {
  const data = new Uint8Array(bytes);
  try {
    return readSync(fd, data, 0, bytes, offsetOf(place)) === bytes ? data : undefined;
  } catch {
    return undefined;
  }
}
