import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { track } from '../metrics/native';

/** More than a process may owe at once (`maxInFlight`), so a place is read before its turn comes again. */
export const PATCH_PLACES = 32;
/** A face box of 836x836. A larger patch goes with its message. */
const PATCH_PLACE_BYTES = 1024 * 1024;
/** As many faces as may be on their way at once; one more goes with its message. */
export const FACE_PLACES = 8;
/** A face box of 1182x1182. A larger one goes with its message. */
export const FACE_PLACE_BYTES = 2 * 1024 * 1024;
/** Mouths are made 12 pictures ahead, for a few sessions. */
const MAX_FREE_BUFFERS = 64;
/** Buffers are rounded up to it: the boxes of an avatar differ by some pixels. */
const GRAIN_BYTES = 32 * 1024;

// The patches lie first, the faces behind them.
const patchOffset = (place: number): number => place * PATCH_PLACE_BYTES;
const faceOffset = (place: number): number => patchOffset(PATCH_PLACES) + place * FACE_PLACE_BYTES;

export interface LentPatch {
  data: Uint8Array;
  /** Nobody reads `data` any more. Whoever forgets it costs a new buffer and nothing else. */
  release(): void;
}

/** How a `face` travels when its bytes are in the file. */
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
 * How pictures go between the server and the inference process: a file without a name that both have open, in memory where the system
 * offers that. This is the server's end: it puts faces in and reads patches.
 *
 * In messages, a patch would be four buffers of 90 kB here, 25 times a second, and to V8 every byte of them is a reason to mark the
 * whole heap: 7 CPU-ms on the thread that paces sound, once a second. Faces of a 1080x1920 presenter who speaks would be 10 MB a
 * second, and the process grows by what V8 has not collected yet.
 */
export class SharedFile {
  private readonly freeBuffers: Uint8Array[] = [];
  private readonly freeFacePlaces = Array.from({ length: FACE_PLACES }, (_, place) => place);
  private readonly untrack = track('shared-file');
  private closed = false;

  private constructor(
    readonly fd: number,
    private readonly dir: string,
  ) {}

  /** @returns undefined where no file can be made: then pictures go with their messages */
  static open(): SharedFile | undefined {
    for (const parent of process.platform === 'linux' ? ['/dev/shm', tmpdir()] : [tmpdir()]) {
      try {
        const dir = mkdtempSync(join(parent, 'herald-mouth-'));
        const file = new SharedFile(openSync(join(dir, 'pictures'), 'wx+', 0o600), dir);
        if (process.platform !== 'win32') file.removeName(); // nothing is left behind, however we end
        return file;
      } catch {
        // The next one, or none.
      }
    }
    return undefined;
  }

  /** What the process put in this place; undefined when it cannot be read. */
  readPatch(place: number, bytes: number): LentPatch | undefined {
    const isPlace = place >= 0 && place < PATCH_PLACES && bytes > 0 && bytes <= PATCH_PLACE_BYTES;
    if (this.closed || !isPlace) return undefined;
    const buffer = this.take(bytes);
    let lent: Uint8Array | undefined = buffer;
    const release = () => {
      if (lent && this.freeBuffers.length < MAX_FREE_BUFFERS) this.freeBuffers.push(lent);
      lent = undefined;
    };
    try {
      if (readSync(this.fd, buffer, 0, bytes, patchOffset(place)) === bytes) {
        return { data: buffer.subarray(0, bytes), release };
      }
    } catch {
      // Said by the caller, as one that was cut off.
    }
    release();
    return undefined;
  }

  /** @returns the place it was put in, until `faceWasRead`; undefined when it goes with its message */
  putFace(data: Uint8Array): number | undefined {
    if (this.closed || data.length > FACE_PLACE_BYTES) return undefined;
    const place = this.freeFacePlaces.pop();
    if (place === undefined) return undefined;
    try {
      if (writeSync(this.fd, data, 0, data.length, faceOffset(place)) === data.length) return place;
    } catch {
      // A full disk.
    }
    this.freeFacePlaces.push(place);
    return undefined;
  }

  faceWasRead(place: number): void {
    const free = this.freeFacePlaces;
    if (place >= 0 && place < FACE_PLACES && !free.includes(place)) free.push(place);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.freeBuffers.length = 0;
    closeSync(this.fd);
    if (process.platform === 'win32') this.removeName();
    this.untrack();
  }

  private take(bytes: number): Uint8Array {
    const free = this.freeBuffers;
    const at = free.findIndex((buffer) => buffer.length >= bytes);
    if (at >= 0) return free.splice(at, 1)[0]!;
    free.shift(); // all too small: the face has come nearer, and they would only stay
    return new Uint8Array(Math.ceil(bytes / GRAIN_BYTES) * GRAIN_BYTES);
  }

  private removeName(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** The inference process's end: it puts patches in and reads faces. */
export class SharedFileEnd {
  private next = 0;

  constructor(private readonly fd: number) {}

  /** @returns the place it was put in; undefined when it goes with its message */
  putPatch(data: Uint8Array): number | undefined {
    if (data.length > PATCH_PLACE_BYTES) return undefined;
    const place = this.next;
    try {
      if (writeSync(this.fd, data, 0, data.length, patchOffset(place)) !== data.length) return undefined;
    } catch {
      return undefined; // a full disk
    }
    this.next = (place + 1) % PATCH_PLACES;
    return place;
  }

  /** @returns bytes of its own; undefined where the file does not hold it */
  readFace({ place, bytes }: FaceInFile): Uint8Array | undefined {
    const data = new Uint8Array(bytes);
    try {
      return readSync(this.fd, data, 0, bytes, faceOffset(place)) === bytes ? data : undefined;
    } catch {
      return undefined;
    }
  }
}
