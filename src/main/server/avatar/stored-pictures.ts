import { type FileHandle, open } from 'node:fs/promises';
import { type CodecContext, FFmpegError, Frame, Packet } from 'node-av/lib';
import { HeraldError } from '../errors';
import { track } from '../metrics/native';
import type { Gop } from './clip';
import { copyPicture } from './copy-picture';
import { openIntraDecoder } from './intra-codec';
import { type PictureIndex, readPictureIndex } from './picture-file';
import type { NewPicture, OnPicture, PictureSource } from './pictures';

/** Enough to hide a disk that is slow for a moment: 160 ms, 12 MB of 1080x1920. */
const AHEAD_PICTURES = 4;

/**
 * The pictures of an imported folder, on disk in a picture file, and one decoder for them while somebody watches. Each picture
 * is read when it is wanted: a 1080x1920 folder of 450 is a gigabyte, which is the page cache's to keep and not ours.
 */
export class StoredPictures implements PictureSource {
  readonly gops: Gop[];
  readonly aheadGops = AHEAD_PICTURES;
  /** One at a time: node-av crashes when two calls reach one codec context at once. */
  private turn: Promise<void> = Promise.resolve();
  private closed = false;
  private opened: { handle: FileHandle; decoder: CodecContext; untrack: () => void } | undefined;
  /** Read into again and again: the decoder's packet takes its own copy. */
  private coded = Buffer.alloc(0);

  private constructor(
    readonly file: string,
    private readonly index: PictureIndex,
  ) {
    this.gops = index.pictures.map((_, first) => ({ first, count: 1 }));
  }

  /** @returns undefined when the file is missing, cut off or something else */
  static async open(file: string): Promise<StoredPictures | undefined> {
    const handle = await open(file, 'r').catch(() => undefined);
    if (!handle) return undefined;
    try {
      const index = await readPictureIndex(handle);
      return index && new StoredPictures(file, index);
    } finally {
      await handle.close();
    }
  }

  get widthPx(): number {
    return this.index.widthPx;
  }

  get heightPx(): number {
    return this.index.heightPx;
  }

  get pictureCount(): number {
    return this.gops.length;
  }

  gopOf(index: number): number {
    return index;
  }

  decode(index: number, memory: NewPicture, onPicture: OnPicture): Promise<void> {
    const run = this.turn.then(async () => onPicture(index, await this.decodeNow(index, memory)));
    this.turn = run.catch(() => {});
    return run;
  }

  rest(): Promise<void> {
    const rested = this.turn.then(async () => {
      const { opened } = this;
      this.opened = undefined;
      this.coded = Buffer.alloc(0);
      opened?.decoder.freeContext();
      opened?.untrack();
      await opened?.handle.close();
    });
    this.turn = rested.catch(() => {});
    return rested;
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.rest();
  }

  private async decodeNow(index: number, memory: NewPicture): Promise<Uint8Array> {
    if (this.closed) throw new HeraldError('refused', `${this.file}: the avatar was closed`);
    const { handle, decoder } = await this.ready();
    const wrong = (what: string) =>
      new HeraldError('malformed', `${this.file}: picture ${index} ${what}. Remove the file; it is made again.`);
    const { offset, bytes } = this.index.pictures[index]!;
    if (this.coded.length < bytes) this.coded = Buffer.alloc(bytes);
    const { bytesRead } = await handle.read(this.coded, 0, bytes, offset);
    if (bytesRead !== bytes) throw wrong('is cut off');
    const packet = new Packet();
    const frame = new Frame();
    packet.alloc();
    frame.alloc();
    try {
      packet.data = this.coded.subarray(0, bytes);
      packet.isKeyframe = true;
      for (const code of [await decoder.sendPacket(packet), await decoder.receiveFrame(frame)]) {
        if (code < 0) throw wrong(`does not decode (${new FFmpegError(code).message})`);
      }
      const data = memory((this.widthPx * this.heightPx * 3) / 2);
      copyPicture(frame, this.widthPx, this.heightPx, data);
      return data;
    } finally {
      packet.free();
      frame.free();
    }
  }

  private async ready(): Promise<{ handle: FileHandle; decoder: CodecContext }> {
    if (this.opened) return this.opened;
    const handle = await open(this.file, 'r').catch((error: NodeJS.ErrnoException) => {
      throw new HeraldError('malformed', `${this.file} cannot be read any more (${error.code}). Start Herald again.`);
    });
    try {
      const decoder = await openIntraDecoder(this.index);
      this.opened = { handle, decoder, untrack: track('avatar-decoder') };
      return this.opened;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
}
