import type { PictureCache } from '../picture-cache';
import type { StoredPictures } from '../stored-pictures';
import { folderName, type ImageFolder } from './images';

/** Smaller images decode about as fast as their converted copy (640x480 as PNG: 7 ms). */
const CONVERT_ABOVE_PIXELS = 640 * 480;

/** One run's hold on a folder's converted copy. */
export interface StoredUse {
  /** There as soon as the conversion is done. */
  readonly pictures: StoredPictures | undefined;
  done(): Promise<void>;
}

interface Entry {
  pictures?: StoredPictures;
  users: number;
}

/**
 * Converted copies of image folders, shared by all sessions: 25 PNGs of 1080x1920 a second are more than one core decodes. A
 * folder is converted once, in the background, at low priority; until then its images themselves are shown.
 */
export class StoredFolders {
  private readonly entries = new Map<string, Entry>();
  private readonly stopping = new AbortController();

  constructor(
    private readonly cache: PictureCache,
    private readonly onEvent: (kind: 'converted' | 'failed', message: string) => void,
  ) {}

  /** Begins the conversion where it is worth it. */
  prepare(folder: ImageFolder): void {
    const { signature, widthPx, heightPx, pictureFiles } = folder;
    if (widthPx * heightPx <= CONVERT_ABOVE_PIXELS || this.entries.has(signature)) return;
    const entry: Entry = { users: 0 };
    this.entries.set(signature, entry);
    const name = folderName(folder);
    this.cache.open({ signature, widthPx, heightPx, pictureFiles }, { signal: this.stopping.signal }).then(
      (pictures) => {
        entry.pictures = pictures;
        this.onEvent('converted', `performance ${name}: all ${pictures.pictureCount} pictures prepared`);
      },
      (error: unknown) => {
        // Its own images are shown, as well as the machine can; a later offer tries again.
        this.entries.delete(signature);
        if (!this.stopping.signal.aborted) this.onEvent('failed', `performance ${name}: ${(error as Error).message}`);
      },
    );
  }

  use(folder: ImageFolder): StoredUse {
    const entry = this.entries.get(folder.signature);
    if (!entry) return { pictures: undefined, done: async () => {} };
    entry.users++;
    return {
      get pictures() {
        return entry.pictures;
      },
      done: async () => {
        // The decoder goes with the last run; the next one makes another.
        if (--entry.users === 0) await entry.pictures?.rest();
      },
    };
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await Promise.allSettled([...this.entries.values()].map(({ pictures }) => pictures?.close()));
  }
}
