import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { track } from '../metrics/native';

/** More than a process may owe at once (`maxInFlight`), so a place is read before its turn comes again. */
export const PATCH_PLACES = 32;
/** A face box of 836x836. A larger patch goes with its message. */
const PLACE_BYTES = 1024 * 1024;
/** What lies behind them in the file is the faces' (face-places.ts). */
export const PATCHES_END_BYTES = PATCH_PLACES * PLACE_BYTES;
/** Mouths are made 12 pictures ahead, for a few sessions. */
const MAX_FREE_BUFFERS = 64;
/** Buffers are rounded up to it: the boxes of an avatar differ by some pixels. */
const GRAIN_BYTES = 32 * 1024;

export interface LentPatch {
  data: Uint8Array;
  /** Nobody reads `data` any more. Whoever forgets it costs a new buffer and nothing else. */
  release(): void;
}

/**
 * Where the inference process puts its patches: a file without a name that both processes have open, in memory where the
 * system offers that. A patch in a message would be four buffers of 90 kB here, 25 times a second, and to V8 every byte of them is a
 * reason to mark the whole heap: 7 CPU-ms on the thread that paces sound, once a second.
 */
export class PatchFile {
  private readonly free: Uint8Array[] = [];
  private readonly untrack = track('patch-file');
  private closed = false;

  private constructor(
    readonly fd: number,
    private readonly dir: string,
  ) {}

  /** @returns undefined where no file can be made: then patches go with their messages */
  static open(): PatchFile | undefined {
    for (const parent of process.platform === 'linux' ? ['/dev/shm', tmpdir()] : [tmpdir()]) {
      try {
        const dir = mkdtempSync(join(parent, 'herald-mouth-'));
        const file = new PatchFile(openSync(join(dir, 'patches'), 'wx+', 0o600), dir);
        if (process.platform !== 'win32') file.removeName(); // nothing is left behind, however we end
        return file;
      } catch {
        // The next one, or none.
      }
    }
    return undefined;
  }

  /** What the process put in this place; undefined when it cannot be read. */
  read(place: number, bytes: number): LentPatch | undefined {
    if (this.closed || !(place >= 0 && place < PATCH_PLACES && bytes > 0 && bytes <= PLACE_BYTES)) return undefined;
    const buffer = this.take(bytes);
    let lent: Uint8Array | undefined = buffer;
    const release = () => {
      if (lent && this.free.length < MAX_FREE_BUFFERS) this.free.push(lent);
      lent = undefined;
    };
    try {
      if (readSync(this.fd, buffer, 0, bytes, place * PLACE_BYTES) === bytes) {
        return { data: buffer.subarray(0, bytes), release };
      }
    } catch {
      // Said by the caller, as one that was cut off.
    }
    release();
    return undefined;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.free.length = 0;
    closeSync(this.fd);
    if (process.platform === 'win32') this.removeName();
    this.untrack();
  }

  private take(bytes: number): Uint8Array {
    const at = this.free.findIndex((buffer) => buffer.length >= bytes);
    if (at >= 0) return this.free.splice(at, 1)[0]!;
    this.free.shift(); // all too small: the face has come nearer, and they would only stay
    return new Uint8Array(Math.ceil(bytes / GRAIN_BYTES) * GRAIN_BYTES);
  }

  private removeName(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** The inference process's end of it. */
export class PatchWriter {
  private next = 0;

  constructor(private readonly fd: number) {}

  /** @returns the place it was put in; undefined when it goes with its message */
  write(data: Uint8Array): number | undefined {
    if (data.length > PLACE_BYTES) return undefined;
    const place = this.next;
    try {
      if (writeSync(this.fd, data, 0, data.length, place * PLACE_BYTES) !== data.length) return undefined;
    } catch {
      return undefined; // a full disk
    }
    this.next = (place + 1) % PATCH_PLACES;
    return place;
  }
}
