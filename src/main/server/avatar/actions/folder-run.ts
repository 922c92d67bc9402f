import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { AVCOL_RANGE_MPEG, AVCOL_SPC_BT709 } from 'node-av/constants';
import type { Frame } from 'node-av/lib';
import type { I420Picture } from '../avatar';
import { i420Frame } from '../i420-frame';
import { indexAt } from '../idle';
import { ImageDecoder } from '../image-decoder';
import { Fitter } from './fit';
import type { ImageFolder } from './images';
import type { PictureSize } from './performance';
import type { PictureRun } from './steps';
import type { StoredFolders, StoredUse } from './stored-folders';

/** A loop of so little is decoded once: 22 pictures of 720x720, or one that stands in mode 1 for hours. */
const KEEP_BYTES = 32 * 1024 * 1024;

/**
 * The pictures of an image folder in a session's size. Read from their converted copy where there is one (5 ms for 1080x1920);
 * until then each image itself is decoded ahead, in FFmpeg's threads, which keeps pace up to about 1280x720.
 */
export class FolderRun implements PictureRun {
  private readonly fitter: Fitter;
  private readonly kept: I420Picture[] | undefined;
  private decoder: ImageDecoder | undefined;
  private position = 0;

  constructor(
    private readonly folder: ImageFolder,
    size: PictureSize,
    private readonly stored: StoredUse,
  ) {
    this.fitter = new Fitter(size);
    const bytes = ((size.widthPx * size.heightPx * 3) / 2) * folder.pictureFiles.length;
    this.kept = bytes <= KEEP_BYTES ? [] : undefined;
  }

  static open(folder: ImageFolder, size: PictureSize, stored: StoredFolders): FolderRun {
    return new FolderRun(folder, size, stored.use(folder));
  }

  async next(): Promise<I420Picture | undefined> {
    return this.position < this.folder.pictureFiles.length ? this.at(this.position++) : undefined;
  }

  /** Sound that is longer than its pictures sees them walk back and forth, as in LiveTalking. */
  async filler(): Promise<I420Picture> {
    return this.at(indexAt(this.position++, this.folder.pictureFiles.length, 'pingpong'));
  }

  async rewind(): Promise<void> {
    this.position = 0;
  }

  async close(): Promise<void> {
    this.decoder?.close();
    this.fitter.close();
    await this.stored.done();
  }

  private async at(index: number): Promise<I420Picture> {
    const known = this.kept?.[index];
    if (known) return known;
    const frame = (await this.fromStored(index)) ?? (await this.fromImage(index));
    try {
      const picture = await this.fitter.fit(frame);
      if (this.kept) this.kept[index] = picture;
      return picture;
    } finally {
      frame.free();
    }
  }

  private async fromStored(index: number): Promise<Frame | undefined> {
    const { pictures } = this.stored;
    if (!pictures) return undefined;
    let data: Uint8Array | undefined;
    await pictures.decode(
      index,
      (bytes) => new Uint8Array(bytes),
      (_, decoded) => (data = decoded),
    );
    const { widthPx, heightPx } = pictures;
    const frame = i420Frame({ widthPx, heightPx, data: data! });
    frame.colorSpace = AVCOL_SPC_BT709;
    frame.colorRange = AVCOL_RANGE_MPEG;
    return frame;
  }

  private async fromImage(index: number): Promise<Frame> {
    const file = this.folder.pictureFiles[index]!;
    this.decoder ??= new ImageDecoder();
    try {
      return await this.decoder.decode(await readFile(file), this.folder.widthPx, this.folder.heightPx);
    } catch (error) {
      throw new Error(`${basename(file)} ${(error as Error).message}`);
    }
  }
}
