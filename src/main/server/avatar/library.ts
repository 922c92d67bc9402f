import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { avatarName } from '../../../shared/protocol';
import { defaultDataDir } from '../config/data-dir';
import { filesRoot } from '../entries';
import { HeraldError } from '../errors';
import type { Avatar, I420Picture } from './avatar';
import { type Background, backgroundOf } from './background';
import { BUNDLE_FILE, readBundle } from './bundle';
import { VideoClip } from './clip';
import { Company } from './company';
import { AvatarHandle, type AvatarInfo } from './handle';
import { indexAt, periodOf } from './idle';
import { ImageDecoder } from './image-decoder';
import { KeyedClip } from './keyed-clip';
import { isLiveTalkingFolder, type LiveTalkingAvatar, readLiveTalking } from './livetalking';
import { DEFAULT_PICTURE_BYTES, PictureMemory } from './memory';
import { PictureCache } from './picture-cache';
import { ClipPictures } from './pictures';
import { type AvatarPictures, StandingPictures } from './walking';

export interface AvatarLibraryOptions {
  /** Folders that hold avatars, searched in this order; the presenters that ship come last. */
  dirs?: string[];
  /** Decoded pictures of all avatars together. */
  pictureBytes?: number;
  /** Where the pictures of LiveTalking folders are kept once they are converted. */
  cacheDir?: string;
  onEvent?: (event: AvatarEvent) => void;
}

/** A LiveTalking folder is converted once, when it is first shown; meanwhile the avatar stands on its first picture. */
export interface AvatarEvent {
  kind: 'converting' | 'converted' | 'failed';
  avatarId: string;
  message: string;
}

export interface AvatarListing {
  /** Avatars that look as if they can be opened. */
  avatars: AvatarInfo[];
  /** One for each folder that means to be an avatar and is not in order. */
  problems: { id: string; message: string }[];
}

interface Opened {
  info: AvatarInfo;
  pictures: AvatarPictures;
  company: Company;
  users: number;
}

/** Between an avatar's id and the colour that it stands before; in no id. */
const BEFORE = ' before ';
/** Often enough for a log to show that it goes on. */
const PROGRESS_STEPS = 10;

/**
 * Finds avatars and hands them out. Sessions that show the same one share its decoder and its decoded pictures; when the last
 * one leaves, the decoder goes at once and the pictures when others need the room.
 */
export class AvatarLibrary {
  private readonly dirs: string[];
  private readonly memory: PictureMemory;
  private readonly cache: PictureCache;
  private readonly onEvent: (event: AvatarEvent) => void;
  private readonly opened = new Map<string, Promise<Opened>>();
  /** Folders that turned out broken while they were converted, by signature: a mended folder has another one. */
  private readonly failures = new Map<string, unknown>();
  private readonly closing = new AbortController();

  constructor(options: AvatarLibraryOptions = {}) {
    const { dirs = [], pictureBytes = DEFAULT_PICTURE_BYTES, cacheDir = defaultCacheDir() } = options;
    this.dirs = [...dirs, join(filesRoot, 'resources', 'presenters')];
    this.memory = new PictureMemory(pictureBytes);
    this.cache = new PictureCache(cacheDir);
    this.onEvent = options.onEvent ?? (() => {});
  }

  /** Where an avatar lies, the first one of that name; undefined where there is none. */
  folderOf(id: string): string | undefined {
    return avatarName.safeParse(id).success ? this.dirs.map((at) => join(at, id)).find(holdsAvatar) : undefined;
  }

  /** Bytes of decoded pictures held now. */
  get pictureBytes(): number {
    return this.memory.bytes;
  }

  async list(): Promise<AvatarListing> {
    const listing: AvatarListing = { avatars: [], problems: [] };
    for (const dir of await this.folders()) {
      try {
        const bundle = existsSync(join(dir, BUNDLE_FILE));
        listing.avatars.push(
          bundle
            ? presenterInfo(await readBundle(dir))
            : folderInfo(await readLiveTalking(dir, { everyPicture: false })),
        );
      } catch (error) {
        listing.problems.push({ id: basename(dir), message: (error as Error).message });
      }
    }
    return listing;
  }

  /**
   * @throws HeraldError('malformed') when there is no such avatar (the message lists those there are) or its files are broken
   */
  async open(id: string, { background }: { background?: string | undefined } = {}): Promise<Avatar> {
    const before = background === undefined ? undefined : backgroundOf(background);
    const dir = this.folderOf(id);
    if (!dir) {
      const ids = (await this.folders()).map((folder) => basename(folder));
      throw new HeraldError(
        'malformed',
        `avatar ${JSON.stringify(id.slice(0, 80))} not found; available: ${ids.join(', ') || 'none'}`,
      );
    }
    const key = before ? `${id}${BEFORE}${before.id}` : id;
    let opening = this.opened.get(key);
    if (!opening) {
      if (existsSync(join(dir, BUNDLE_FILE))) opening = this.loadBundle(dir, before);
      else if (before) throw await this.withoutMatte(id);
      else opening = this.loadFolder(dir);
      this.opened.set(key, opening);
      opening.catch(() => this.opened.delete(key));
    }
    const opened = await opening;
    // Whoever had it was the last one, and left while this waited.
    if (before && this.opened.get(key) !== opening) return this.open(id, { background });
    opened.pictures.watchedBy(++opened.users);
    const { info, pictures, company } = opened;
    const onReleased = () => {
      pictures.watchedBy(--opened.users);
      // There are as many backgrounds as colours: none is kept for a session that may come.
      if (!before || opened.users > 0) return;
      this.opened.delete(key);
      void pictures.close();
    };
    // A loop that is in memory anyway costs nobody anything wherever he is.
    if (pictures.reachPictures >= info.pictureCount) {
      pictures.now(0);
      return new AvatarHandle(info, pictures, onReleased);
    }
    pictures.now(pictures.canWalk ? indexAt(company.start, info.pictureCount, info.playback) : 0);
    return new AvatarHandle(info, pictures, onReleased, company);
  }

  /**
   * Lets go of an avatar's files, and of what was made of them, before they are deleted.
   * @returns why not, as the end of a sentence, while it is needed
   */
  async withdraw(id: string): Promise<string | undefined> {
    const opening = this.opened.get(id);
    const opened = await opening?.catch(() => undefined);
    const before = [...this.opened.keys()].some((key) => key.startsWith(`${id}${BEFORE}`));
    if (before || (opened && opened.users > 0)) return 'it is on stage. End the sessions that show it first';
    if (opened && !opened.pictures.canWalk) return 'its pictures are being prepared. Try again when they are';
    // Whoever opens it from here on finds it anew, or no more.
    if (this.opened.get(id) === opening) this.opened.delete(id);
    await opened?.pictures.close();
    const dir = this.folderOf(id);
    const folder = dir ? await readLiveTalking(dir).catch(() => undefined) : undefined;
    if (folder) await this.cache.remove(folder);
    return undefined;
  }

  /** Ends conversions and frees every decoder; handles still out there give no more pictures. */
  async close(): Promise<void> {
    this.closing.abort();
    const all = [...this.opened.values()];
    this.opened.clear();
    await Promise.allSettled(all.map(async (opening) => (await opening).pictures.close()));
  }

  private async loadBundle(dir: string, before: Background | undefined): Promise<Opened> {
    const bundle = await readBundle(dir);
    if (before && !bundle.key) throw await this.withoutMatte(bundle.id);
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
    const source = before ? await KeyedClip.open(clip, bundle.key!, before) : clip;
    const info = { ...presenterInfo(bundle), ...(before && { background: before }) };
    return opened(info, new ClipPictures(source, bundle.playback, this.memory));
  }

  private async loadFolder(dir: string): Promise<Opened> {
    const folder = await readLiveTalking(dir);
    const failure = this.failures.get(folder.signature);
    if (failure) throw failure;
    const info = folderInfo(folder);
    const stored = await this.cache.find(folder);
    if (stored) return opened(info, new ClipPictures(stored, info.playback, this.memory));
    const first = await firstPicture(folder);
    const pictures = new StandingPictures(first, this.convert(folder));
    pictures.ready.catch((error: unknown) => {
      if (this.closing.signal.aborted) return;
      this.failures.set(folder.signature, error);
      this.opened.delete(info.id);
      this.onEvent({ kind: 'failed', avatarId: info.id, message: (error as Error).message });
    });
    return opened(info, pictures);
  }

  private async convert(folder: LiveTalkingAvatar): Promise<ClipPictures> {
    const { id } = folder;
    const tell = (kind: AvatarEvent['kind'], message: string) => this.onEvent({ kind, avatarId: id, message });
    tell('converting', `avatar ${id}: its pictures are prepared, once; until then it shows the first one`);
    let step = 0;
    const stored = await this.cache.open(folder, {
      signal: this.closing.signal,
      onProgress: (done, total) => {
        const reached = Math.floor((done / total) * PROGRESS_STEPS);
        if (reached > step && done < total) tell('converting', `avatar ${id}: ${done} of ${total} pictures prepared`);
        step = reached;
      },
    });
    tell('converted', `avatar ${id}: all ${stored.pictureCount} pictures prepared`);
    return new ClipPictures(stored, 'pingpong', this.memory);
  }

  private async withoutMatte(id: string): Promise<HeraldError> {
    const { avatars } = await this.list();
    const others = avatars.filter(({ key }) => key).map((avatar) => avatar.id);
    const remedy = others.length > 0 ? `, or choose one that has: ${others.join(', ')}` : '';
    return new HeraldError(
      'malformed',
      `background: ${id} has no matte, so it cannot stand before another one; leave it out${remedy}`,
    );
  }

  /** Avatar folders, first come first served where two dirs hold the same id. */
  private async folders(): Promise<string[]> {
    const found = new Map<string, string>();
    for (const dir of this.dirs) {
      const names = await readdir(dir).catch(() => []);
      for (const name of names.sort()) {
        const folder = join(dir, name);
        if (!found.has(name) && avatarName.safeParse(name).success && holdsAvatar(folder)) found.set(name, folder);
      }
    }
    return [...found.values()];
  }
}

const opened = (info: AvatarInfo, pictures: AvatarPictures): Opened => ({
  info,
  pictures,
  company: new Company(periodOf(info.pictureCount, info.playback)),
  users: 0,
});

const holdsAvatar = (dir: string): boolean => existsSync(join(dir, BUNDLE_FILE)) || isLiveTalkingFolder(dir);

const defaultCacheDir = (): string =>
  join(defaultDataDir({ platform: process.platform, env: process.env, homeDir: homedir() }), 'cache', 'pictures');

const presenterInfo = (bundle: Awaited<ReturnType<typeof readBundle>>): AvatarInfo => ({
  ...bundle,
  kind: 'presenter',
});

const folderInfo = ({ id, widthPx, heightPx, faceBoxes, faceSizePx, pictureFiles }: LiveTalkingAvatar): AvatarInfo => ({
  id,
  kind: 'livetalking',
  name: { en: id },
  widthPx,
  heightPx,
  pictureCount: pictureFiles.length,
  playback: 'pingpong',
  stillIndex: 0,
  faceBoxes,
  faceSizePx,
});

async function firstPicture({ pictureFiles, widthPx, heightPx }: LiveTalkingAvatar): Promise<I420Picture> {
  const file = pictureFiles[0]!;
  const decoder = new ImageDecoder();
  try {
    const frame = await decoder.decode(await readFile(file), widthPx, heightPx);
    const data = frame.toBuffer();
    frame.free();
    return { widthPx, heightPx, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
  } catch (error) {
    throw new HeraldError(
      'malformed',
      `${file} ${(error as Error).message}. Replace it, or generate the avatar again in LiveTalking.`,
    );
  } finally {
    decoder.close();
  }
}
