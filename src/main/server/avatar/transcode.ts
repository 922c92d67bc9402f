import { readFile, rm } from 'node:fs/promises';
import { ImageDecoder } from './image-decoder';
import { inParallel } from './in-parallel';
import { IntraEncoder } from './intra-codec';
import { PictureFileWriter } from './picture-file';

export interface TranscodeJob {
  /** Images in the order of the picture file. */
  files: string[];
  /** Even; an odd picture loses its last row or column. */
  widthPx: number;
  heightPx: number;
  /** Must not exist; what is left of it after a failure is removed. */
  outFile: string;
  /** Pictures converted side by side. */
  lanes: number;
}

/** The image is at fault, not the place where the pictures go. */
export class PictureError extends Error {
  override readonly name = 'PictureError';
}

/**
 * Images -> one picture file. Memory is a few pictures for each lane, whatever the folder holds.
 * @throws PictureError that names the image; what the file system says when the pictures cannot be written
 */
export async function transcode(job: TranscodeJob, onPicture: (index: number) => void): Promise<void> {
  const { files, widthPx, heightPx, outFile } = job;
  const writer = await PictureFileWriter.create(outFile);
  const idle: Lane[] = [];
  let format: IntraEncoder['format'] | undefined;
  let written = Promise.resolve();
  let whole = false;
  try {
    for (let i = 0; i < Math.max(1, job.lanes); i++) idle.push(await Lane.open(widthPx, heightPx));
    format = idle[0]!.encoder.format;
    await inParallel(files, idle.length, async (file, index) => {
      const before = written;
      let done!: () => void;
      written = new Promise((resolve) => {
        done = resolve;
      });
      const lane = idle.pop()!;
      try {
        const bytes = await lane.convert(file);
        await before; // in order; a lane waits for those before it and so never gets far ahead
        await writer.append(bytes);
        onPicture(index);
      } finally {
        idle.push(lane);
        done();
      }
    });
    await writer.finish(format);
    whole = true;
  } finally {
    for (const lane of idle) lane.close();
    await writer.close();
    if (!whole) await rm(outFile, { force: true });
  }
}

class Lane {
  private readonly decoder = new ImageDecoder();

  private constructor(readonly encoder: IntraEncoder) {}

  static async open(widthPx: number, heightPx: number): Promise<Lane> {
    return new Lane(await IntraEncoder.open(widthPx, heightPx));
  }

  async convert(file: string): Promise<Buffer> {
    const { widthPx, heightPx } = this.encoder.format;
    try {
      const frame = await this.decoder.decode(await readFile(file), widthPx, heightPx);
      try {
        return await this.encoder.encode(frame);
      } finally {
        frame.free();
      }
    } catch (error) {
      throw new PictureError(`${file} ${(error as Error).message}`);
    }
  }

  close(): void {
    this.decoder.close();
    this.encoder.close();
  }
}
