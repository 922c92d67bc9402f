import type { I420Picture } from './avatar';
import { PictureSlab } from './slab';

/** 192 MiB: a 240-picture loop of 720x720. */
export const DEFAULT_PICTURE_BYTES = 192 * 1024 * 1024;

/** A picture's key is its drawer's number and its own. */
const KEYS_EACH = 2 ** 24;
const ownerOf = (key: number): number => Math.floor(key / KEYS_EACH);

/** A picture in memory, and who still reads it. */
interface Kept {
  picture: I420Picture;
  holders: number;
  /** Gives its buffer to another picture, once nobody holds it. Absent where it is left to the garbage collector. */
  recycle: (() => void) | undefined;
  forgotten: boolean;
}

/**
 * Decoded pictures of all avatars, least recently used out first. A picture that is forgotten here lives on for whoever holds it
 * (`I420Picture.hold`).
 */
export class PictureMemory {
  private readonly pictures = new Map<number, Kept>();
  /** Bytes of each drawer. */
  private readonly heldBy: number[] = [];
  private reserved = 0;
  private held = 0;

  constructor(private readonly budgetBytes = DEFAULT_PICTURE_BYTES) {}

  get bytes(): number {
    return this.held;
  }

  /**
   * An avatar's own drawer.
   *
   * `workingBytes` is what one session cannot do without (what is shown and what is decoded ahead): the budget gives way to
   * the sum of those in use, since decoding the same pictures again and again would cost far more.
   *
   * `loopBytes` is the whole loop. One that does not fit gains nothing from being kept, as every picture goes before it comes
   * round again; so it gets a third of the budget: twenty pictures of 1080x1920, of which speech,
   * with mouths made 12 pictures ahead, uses 17. More would only make the process larger.
   */
  drawer(workingBytes: number, loopBytes: number): PictureDrawer {
    const owner = this.heldBy.push(0) - 1;
    const base = owner * KEYS_EACH;
    const isOurs = (key: number) => ownerOf(key) === owner;
    const holdsLoop = loopBytes <= this.budgetBytes;
    let open = true;
    let sessions = 0;
    /** A loop that does not fit is decoded without end: 75 MB a second of 1080x1920, in the same few places. */
    const slab = holdsLoop ? undefined : new PictureSlab(this.budgetBytes / 3);
    const use = (count: number) => {
      this.reserved += (count - sessions) * workingBytes;
      sessions = count;
      slab?.use(count > 0);
    };
    const recycle = (data: Uint8Array) => slab?.giveBack(data);
    return {
      holdsLoop,
      use,
      allocate: (bytes) => slab?.take(bytes) ?? this.allocate(bytes, holdsLoop),
      get: (index) => {
        const kept = this.pictures.get(base + index);
        if (!kept) return undefined;
        this.pictures.delete(base + index);
        this.pictures.set(base + index, kept);
        return kept.picture;
      },
      put: (index, picture) => {
        const there = this.pictures.get(base + index);
        if (there && !holdsLoop) recycle(picture.data);
        if (there) return there.picture;
        if (!open) return picture;
        const kept = keep(picture, holdsLoop ? undefined : recycle);
        this.pictures.set(base + index, kept);
        this.count(base + index, picture.data.length);
        const limit = Math.max(this.budgetBytes, this.reserved);
        const ourLimit = holdsLoop ? limit : Math.max(this.budgetBytes / 3, sessions * workingBytes);
        for (const key of this.pictures.keys()) {
          const weHoldTooMuch = this.heldBy[owner]! > ourLimit;
          if (this.held > limit || (weHoldTooMuch && isOurs(key))) this.remove(key);
          else if (!weHoldTooMuch) break;
        }
        return kept.picture;
      },
      close: () => {
        if (!open) return;
        open = false;
        use(0);
        for (const key of this.pictures.keys()) if (isOurs(key)) this.remove(key);
        slab?.close();
      },
    };
  }

  private remove(key: number): void {
    const kept = this.pictures.get(key)!;
    this.pictures.delete(key);
    this.count(key, -kept.picture.data.length);
    kept.forgotten = true;
    if (kept.holders === 0) kept.recycle?.();
  }

  /**
   * To V8 every byte of an ArrayBuffer is a reason to mark the whole heap, and marking finds nothing to free while a loop comes
   * into memory, to stay: seconds of 7 CPU-ms pauses on the thread that paces sound. Shared memory is not weighed. What
   * has to make room for others is, since its owner will be forgotten soon and only a collection gives it back.
   */
  private allocate(bytes: number, toStay: boolean): Uint8Array {
    const stays = toStay && this.held + bytes <= this.budgetBytes;
    return new Uint8Array(stays ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
  }

  private count(key: number, bytes: number): void {
    this.held += bytes;
    this.heldBy[ownerOf(key)]! += bytes;
  }
}

export interface PictureDrawer {
  /** Whether the whole loop can stay in memory. */
  readonly holdsLoop: boolean;
  /** How many sessions are watching. */
  use(sessions: number): void;
  /** Memory for a picture that will be put here. */
  allocate(bytes: number): Uint8Array;
  get(index: number): I420Picture | undefined;
  /** @returns the picture to hand out: the one that was there already, or this one */
  put(index: number, picture: I420Picture): I420Picture;
  close(): void;
}

function keep(picture: I420Picture, recycle: ((data: Uint8Array) => void) | undefined): Kept {
  const kept: Kept = { picture, holders: 0, recycle: recycle && (() => recycle(picture.data)), forgotten: false };
  if (!recycle) return kept;
  const hold = () => {
    kept.holders++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      if (--kept.holders === 0 && kept.forgotten) kept.recycle!();
    };
  };
  kept.picture = { ...picture, hold };
  return kept;
}
