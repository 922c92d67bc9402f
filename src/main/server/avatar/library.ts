import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { appRoot } from '../entries';
import { HeraldError } from '../errors';
import type { Avatar } from './avatar';
import { AVATAR_ID, BUNDLE_FILE, type PresenterBundle, readBundle } from './bundle';
import { VideoClip } from './clip';
import { indexAt } from './idle';
import { DEFAULT_PICTURE_BYTES, PictureMemory } from './memory';
import { ClipPictures } from './pictures';

export interface AvatarLibraryOptions {
  /** Folders that hold avatars, searched in this order; the presenters that ship come last. */
  dirs?: string[];
  /** Decoded pictures of all avatars together. */
  pictureBytes?: number;
}

export interface AvatarListing {
  /** Avatars that can be opened. */
  avatars: PresenterBundle[];
  /** One message for each folder that looks like an avatar and is not in order. */
  problems: string[];
}

interface Opened {
  bundle: PresenterBundle;
  pictures: ClipPictures;
  users: number;
}

/**
 * Finds avatars and hands them out. Sessions that show the same one share its decoder and its decoded pictures; when the last
 * one leaves, the decoder goes at once and the pictures when others need the room.
 */
export class AvatarLibrary {
  private readonly dirs: string[];
  private readonly memory: PictureMemory;
  private readonly opened = new Map<string, Promise<Opened>>();

  constructor({ dirs = [], pictureBytes = DEFAULT_PICTURE_BYTES }: AvatarLibraryOptions = {}) {
    this.dirs = [...dirs, join(appRoot, 'resources', 'presenters')];
    this.memory = new PictureMemory(pictureBytes);
  }

  /** Bytes of decoded pictures held now. */
  get pictureBytes(): number {
    return this.memory.bytes;
  }

  async list(): Promise<AvatarListing> {
    const listing: AvatarListing = { avatars: [], problems: [] };
    for (const dir of await this.folders()) {
      try {
        listing.avatars.push(await readBundle(dir));
      } catch (error) {
        listing.problems.push((error as Error).message);
      }
    }
    return listing;
  }

  /**
   * @throws HeraldError('malformed') when there is no such avatar (the message lists those there are) or its files are broken
   */
  async open(id: string): Promise<Avatar> {
    const dir = AVATAR_ID.test(id) ? this.dirs.map((at) => join(at, id)).find(holdsBundle) : undefined;
    if (!dir) {
      const ids = (await this.folders()).map((folder) => folder.split(/[\\/]/).at(-1));
      throw new HeraldError(
        'malformed',
        `avatar ${JSON.stringify(id.slice(0, 80))} not found; available: ${ids.join(', ') || 'none'}`,
      );
    }
    let opening = this.opened.get(id);
    if (!opening) {
      opening = this.load(dir);
      this.opened.set(id, opening);
      opening.catch(() => this.opened.delete(id));
    }
    const opened = await opening;
    if (opened.users++ === 0) opened.pictures.wake();
    opened.pictures.now(0);
    return this.handle(id, opened);
  }

  /** Frees every decoder; handles still out there give no more pictures. */
  async close(): Promise<void> {
    const all = [...this.opened.values()];
    this.opened.clear();
    await Promise.allSettled(all.map(async (opening) => (await opening).pictures.close()));
  }

  private async load(dir: string): Promise<Opened> {
    const bundle = await readBundle(dir);
    const clip = await VideoClip.open(bundle.idleFile);
    const { widthPx, heightPx, pictureCount } = clip;
    if (widthPx !== bundle.widthPx || heightPx !== bundle.heightPx || pictureCount !== bundle.pictureCount) {
      await clip.close();
      throw new HeraldError(
        'malformed',
        `${bundle.idleFile} holds ${pictureCount} pictures of ${widthPx}x${heightPx}, but ${BUNDLE_FILE} says ` +
          `${bundle.pictureCount} of ${bundle.widthPx}x${bundle.heightPx}. Restore the presenter's folder.`,
      );
    }
    return { bundle, pictures: new ClipPictures(clip, bundle.playback, this.memory), users: 0 };
  }

  private handle(id: string, opened: Opened): Avatar {
    const { bundle, pictures } = opened;
    let released = false;
    const check = (index: number) => {
      if (!Number.isInteger(index) || index < 0 || index >= bundle.pictureCount) {
        throw new RangeError(`avatar ${id} has no picture ${index}`);
      }
    };
    return {
      id,
      name: bundle.name,
      widthPx: bundle.widthPx,
      heightPx: bundle.heightPx,
      pictureCount: bundle.pictureCount,
      stillIndex: bundle.stillIndex,
      indexAt: (position) => indexAt(position, bundle.pictureCount, bundle.playback),
      faceBox: (index) => bundle.faceBoxes[bundle.faceBoxes.length === 1 ? 0 : index]!,
      picture: async (index) => {
        check(index);
        return pictures.picture(index);
      },
      pictureNow: (index) => {
        check(index);
        return pictures.now(index);
      },
      release: () => {
        if (released) return;
        released = true;
        if (--opened.users === 0) void pictures.rest();
      },
    };
  }

  /** Avatar folders, first come first served where two dirs hold the same id. */
  private async folders(): Promise<string[]> {
    const found = new Map<string, string>();
    for (const dir of this.dirs) {
      const names = await readdir(dir).catch(() => []);
      for (const name of names.sort()) {
        if (!found.has(name) && AVATAR_ID.test(name) && holdsBundle(join(dir, name))) found.set(name, join(dir, name));
      }
    }
    return [...found.values()];
  }
}

const holdsBundle = (dir: string): boolean => existsSync(join(dir, BUNDLE_FILE));
