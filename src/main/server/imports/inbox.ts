import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type ImportKind, importPath, MAX_IMPORT_BYTES, MAX_IMPORT_FILES } from '../../../shared/library-protocol';
import { say } from '../../../shared/told';
import { HeraldError } from '../errors';
import { AvatarFolder, avatarFileOf } from './avatar-files';
import { checkRoom, storeProblem } from './room';

/** What was brought in, as it lies in the import's own folder. */
export type Received =
  | { kind: 'avatar'; form: 'folder'; dir: string; foundName: string }
  | { kind: 'avatar'; form: 'zip'; file: string; foundName: string }
  | { kind: 'weights'; file: string; foundName: string };

export interface InboxBounds {
  maxFiles: number;
  maxBytes: number;
}

/** Of a picture or face boxes; PNG of 4K and noise is 33 MB. */
const MAX_PART_BYTES = 64 * 1024 * 1024;
const WEIGHTS = ['.pth', '.pt', '.onnx'];
/** How often the disk is looked at while a form comes that does not say how large it is. */
const ROOM_EVERY_BYTES = 256 * 1024 * 1024;

/**
 * Takes the files of one upload as they come and writes them to the import's folder. Nothing is kept in memory; what no avatar has
 * is read and dropped.
 */
export class Inbox {
  /** Received so far, dropped files included. */
  bytes = 0;
  private files = 0;
  private lookedAtBytes = 0;
  private readonly folder = new AvatarFolder();
  private received: Received | undefined;

  constructor(
    readonly kind: ImportKind,
    /** Empty, or not there. */
    private readonly dir: string,
    private readonly signal: AbortSignal,
    private readonly bounds: InboxBounds = { maxFiles: MAX_IMPORT_FILES, maxBytes: MAX_IMPORT_BYTES },
  ) {}

  /** What the files say it is called, as far as they have come. */
  get foundName(): string {
    return this.received?.foundName ?? '';
  }

  /** @throws HeraldError about the file; the signal's reason */
  async add(path: string, source: Readable): Promise<void> {
    this.signal.throwIfAborted();
    const { maxFiles } = this.bounds;
    if (++this.files > maxFiles) throw new HeraldError('too-large', `more than ${maxFiles} files: that is no avatar`);
    if (!importPath.safeParse(path).success) {
      throw new HeraldError('malformed', `${JSON.stringify(path.slice(0, 100))} is not a path inside a folder.`);
    }
    if (this.kind === 'weights') return this.addWhole(path, source, WEIGHTS);
    if (/\.zip$/i.test(path)) return this.addWhole(path, source, ['.zip']);
    const place = avatarFileOf(path);
    if (!place) return this.drop(path, source);
    this.folder.add(place);
    if (this.received && !('form' in this.received && this.received.form === 'folder')) throw both();
    const dir = join(this.dir, 'avatar');
    this.received = { kind: 'avatar', form: 'folder', dir, foundName: this.folder.name };
    await this.store(path, source, join(dir, place.part), MAX_PART_BYTES);
  }

  /** @throws HeraldError('malformed') when what was wanted has not come */
  done(): Received {
    if (this.received) return this.received;
    if (this.kind === 'avatar' && this.files > 0) void this.folder.name;
    throw new HeraldError(
      'malformed',
      this.kind === 'avatar'
        ? 'files: missing; send an avatar folder, file by file, or one .zip of it'
        : 'files: missing; send one .pth, .pt or .onnx file',
    );
  }

  private async addWhole(path: string, source: Readable, endings: readonly string[]): Promise<void> {
    const name = basename(path);
    const ending = extname(name).toLowerCase();
    if (!endings.includes(ending)) {
      throw new HeraldError('malformed', say('import.notWeights', { file: name, endings: endings.join(', ') }));
    }
    if (this.received)
      throw this.kind === 'weights' ? new HeraldError('malformed', 'bring in one file of weights at a time') : both();
    const file = join(this.dir, `whole${ending}`);
    const foundName = name.slice(0, -ending.length);
    this.received =
      this.kind === 'weights' ? { kind: 'weights', file, foundName } : { kind: 'avatar', form: 'zip', file, foundName };
    await this.store(path, source, file, this.bounds.maxBytes);
  }

  private async store(path: string, source: Readable, target: string, maxBytes: number): Promise<void> {
    await mkdir(dirname(target), { recursive: true });
    try {
      await pipeline(source, this.counted(path, maxBytes), createWriteStream(target, { flags: 'wx' }), {
        signal: this.signal,
      });
    } catch (error) {
      this.signal.throwIfAborted();
      if ((error as NodeJS.ErrnoException).code === 'EEXIST')
        throw new HeraldError('malformed', `${path} was sent twice`);
      throw storeProblem(error);
    }
  }

  private async drop(path: string, source: Readable): Promise<void> {
    for await (const _ of this.counted(path, this.bounds.maxBytes)(source)) this.signal.throwIfAborted();
  }

  private counted(path: string, maxFileBytes: number) {
    return async function* (this: Inbox, pieces: AsyncIterable<Buffer>) {
      const { maxBytes } = this.bounds;
      let ofFile = 0;
      for await (const piece of pieces) {
        this.bytes += piece.length;
        ofFile += piece.length;
        if (ofFile > maxFileBytes || this.bytes > maxBytes) {
          const limit = ofFile > maxFileBytes ? maxFileBytes : maxBytes;
          throw new HeraldError('too-large', `${path}: more than ${Math.floor(limit / 2 ** 20)} MB`);
        }
        if (this.bytes - this.lookedAtBytes > ROOM_EVERY_BYTES) {
          this.lookedAtBytes = this.bytes;
          await checkRoom(this.dir, 0);
        }
        yield piece;
      }
    }.bind(this);
  }
}

const both = () => new HeraldError('malformed', 'send either one .zip or the files of one folder, not both or several');
