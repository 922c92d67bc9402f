import type { I420Picture } from './avatar';

/** 192 MiB: a 240-picture loop of 720x720. */
export const DEFAULT_PICTURE_BYTES = 192 * 1024 * 1024;

/**
 * Decoded pictures of all avatars, least recently used out first. Whoever was handed a picture keeps it: dropping it here only
 * forgets it.
 */
export class PictureMemory {
  private readonly pictures = new Map<number, I420Picture>();
  private owners = 0;
  private reserved = 0;
  private held = 0;

  constructor(private readonly budgetBytes = DEFAULT_PICTURE_BYTES) {}

  get bytes(): number {
    return this.held;
  }

  /**
   * A clip's own drawer. `workingBytes` is what it cannot do without (the GOP being shown and the one decoded ahead): the
   * budget gives way to the sum of those in use, since decoding the same GOP again for every picture would cost far more.
   */
  drawer(workingBytes: number): PictureDrawer {
    const base = this.owners++ * 2 ** 24;
    let open = true;
    let used = false;
    const use = (now: boolean) => {
      if (now !== used) this.reserved += now ? workingBytes : -workingBytes;
      used = now;
    };
    return {
      use,
      get: (index) => {
        const picture = this.pictures.get(base + index);
        if (!picture) return undefined;
        this.pictures.delete(base + index);
        this.pictures.set(base + index, picture);
        return picture;
      },
      put: (index, picture) => {
        if (!open || this.pictures.has(base + index)) return;
        this.pictures.set(base + index, picture);
        this.held += picture.data.length;
        const limit = Math.max(this.budgetBytes, this.reserved);
        for (const [key, oldest] of this.pictures) {
          if (this.held <= limit) break;
          this.pictures.delete(key);
          this.held -= oldest.data.length;
        }
      },
      close: () => {
        if (!open) return;
        open = false;
        use(false);
        for (const [key, picture] of this.pictures) {
          if (key < base || key >= base + 2 ** 24) continue;
          this.pictures.delete(key);
          this.held -= picture.data.length;
        }
      },
    };
  }
}

export interface PictureDrawer {
  /** Whether somebody is watching, so that the working bytes count. */
  use(now: boolean): void;
  get(index: number): I420Picture | undefined;
  put(index: number, picture: I420Picture): void;
  close(): void;
}
