import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { LiveTalkingAvatar } from './livetalking';
import { StoredPictures } from './stored-pictures';
import { type TranscodeOptions, transcodeInProcess } from './transcoder';

/** Two avatars of 1080x1920 and 18 s are 2 GB. The one that was not shown for longest goes first. */
const MAX_CACHE_BYTES = 16 * 1024 ** 3;
/** What a killed process left. */
const STALE_TEMPORARY_MS = 24 * 3_600 * 1_000;

/** What is converted: images of one size, in order. */
export type PictureFolder = Pick<LiveTalkingAvatar, 'signature' | 'widthPx' | 'heightPx' | 'pictureFiles'>;

/**
 * Picture files of imported folders by the folder's signature: a folder that is moved or copied (with its times) keeps its
 * file, a folder in which a picture changes gets a new one.
 */
export class PictureCache {
  private readonly building = new Map<string, Promise<StoredPictures>>();

  constructor(
    readonly dir: string,
    private readonly maxBytes = MAX_CACHE_BYTES,
  ) {}

  /** The folder's pictures when they are there. */
  async find(avatar: PictureFolder): Promise<StoredPictures | undefined> {
    const file = this.fileOf(avatar);
    const pictures = await StoredPictures.open(file);
    const { widthPx, heightPx, pictureFiles } = avatar;
    if (
      pictures?.widthPx !== widthPx ||
      pictures.heightPx !== heightPx ||
      pictures.pictureCount !== pictureFiles.length
    ) {
      return undefined;
    }
    const now = new Date();
    await utimes(file, now, now).catch(() => {}); // when it was last used
    return pictures;
  }

  /**
   * The folder's pictures, converted first where they are not there. Those who ask meanwhile share one conversion, whose
   * options are the first one's.
   */
  open(avatar: PictureFolder, options: TranscodeOptions = {}): Promise<StoredPictures> {
    const { signature } = avatar;
    let building = this.building.get(signature);
    if (!building) {
      building = this.build(avatar, options).finally(() => this.building.delete(signature));
      this.building.set(signature, building);
    }
    return building;
  }

  /** The folder is being deleted. Another one of the same pictures is converted anew. */
  async remove(avatar: PictureFolder): Promise<void> {
    await rm(this.fileOf(avatar), { force: true }).catch(() => {}); // open elsewhere (Windows): makeRoom() finds it one day
  }

  private async build(avatar: PictureFolder, options: TranscodeOptions): Promise<StoredPictures> {
    const there = await this.find(avatar);
    if (there) return there;
    await mkdir(this.dir, { recursive: true });
    await this.makeRoom();
    const file = this.fileOf(avatar);
    const { pictureFiles: files, widthPx, heightPx } = avatar;
    // Two servers on one data folder both convert, and the later rename wins: both files are the same.
    const outFile = `${file}.${randomBytes(6).toString('hex')}.tmp`;
    await transcodeInProcess({ files, widthPx, heightPx, outFile }, options);
    await rename(outFile, file);
    const pictures = await StoredPictures.open(file);
    if (!pictures) throw new Error(`${file} cannot be read after it was written: is the disk in order?`);
    return pictures;
  }

  private fileOf({ signature, widthPx, heightPx }: PictureFolder): string {
    return join(this.dir, `${signature}-${widthPx}x${heightPx}.pictures`);
  }

  private async makeRoom(): Promise<void> {
    const files: { file: string; size: number; usedMs: number }[] = [];
    for (const name of await readdir(this.dir)) {
      const file = join(this.dir, name);
      const info = await stat(file).catch(() => undefined);
      if (!info?.isFile()) continue;
      if (name.endsWith('.tmp') && Date.now() - info.mtimeMs > STALE_TEMPORARY_MS) await rm(file, { force: true });
      if (name.endsWith('.pictures')) files.push({ file, size: info.size, usedMs: info.mtimeMs });
    }
    files.sort((a, b) => b.usedMs - a.usedMs);
    let kept = 0;
    for (const { file, size } of files) {
      kept += size;
      // One that is being shown is open: Unix keeps it until it is closed, Windows refuses to remove it.
      if (kept > this.maxBytes) await rm(file, { force: true }).catch(() => {});
    }
  }
}
