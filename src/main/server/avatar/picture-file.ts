import { type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';
import type { IntraFormat } from './intra-codec';

/**
 * A file of all-intra pictures: their bytes one after the other, then an index (JSON), the index's length (32 bits, little
 * endian) and a magic word. A video container would do, but had to be read through, a gigabyte, to learn where its pictures
 * are (node-av does not show a demuxer's index); here that is one read at the end.
 */
const MAGIC = Buffer.from('HPIC');
const TRAILER_BYTES = 4 + MAGIC.length;
const MAX_INDEX_BYTES = 8 * 1024 * 1024;

const indexSchema = z.object({
  format: z.literal('herald-pictures/1'),
  widthPx: z.int().min(2).multipleOf(2),
  heightPx: z.int().min(2).multipleOf(2),
  codecTag: z.int().min(0),
  extradata: z.base64(),
  sizes: z.array(z.int().min(1)).min(1),
});

export interface PictureIndex extends IntraFormat {
  /** Where each picture lies. */
  pictures: { offset: number; bytes: number }[];
}

/** Writes pictures in order. The file counts as one only after `finish`. */
export class PictureFileWriter {
  private readonly sizes: number[] = [];

  private constructor(private readonly handle: FileHandle) {}

  static async create(file: string): Promise<PictureFileWriter> {
    return new PictureFileWriter(await open(file, 'wx'));
  }

  async append(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      at += (await this.handle.write(bytes, at, bytes.length - at)).bytesWritten;
    }
    this.sizes.push(bytes.length);
  }

  /** Writes the index and waits until all of it is on the disk, so that a rename afterwards never names half a file. */
  async finish({ widthPx, heightPx, codecTag, extradata }: IntraFormat): Promise<void> {
    const index: z.input<typeof indexSchema> = {
      format: 'herald-pictures/1',
      widthPx,
      heightPx,
      codecTag,
      extradata: extradata.toString('base64'),
      sizes: this.sizes,
    };
    const json = Buffer.from(JSON.stringify(index));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(json.length);
    await this.handle.appendFile(Buffer.concat([json, length, MAGIC]));
    await this.handle.sync();
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

/** @returns undefined when it is not such a file, or not a whole one */
export async function readPictureIndex(handle: FileHandle): Promise<PictureIndex | undefined> {
  const { size } = await handle.stat();
  if (size < TRAILER_BYTES) return undefined;
  const trailer = Buffer.alloc(TRAILER_BYTES);
  await handle.read(trailer, 0, TRAILER_BYTES, size - TRAILER_BYTES);
  const indexBytes = trailer.readUInt32LE(0);
  const indexAt = size - TRAILER_BYTES - indexBytes;
  if (!MAGIC.equals(trailer.subarray(4)) || indexBytes > MAX_INDEX_BYTES || indexAt < 0) return undefined;
  const json = Buffer.alloc(indexBytes);
  await handle.read(json, 0, indexBytes, indexAt);
  const parsed = indexSchema.safeParse(parseJson(json.toString()));
  if (!parsed.success) return undefined;
  const { sizes, extradata, ...format } = parsed.data;
  let offset = 0;
  const pictures = sizes.map((bytes) => {
    const picture = { offset, bytes };
    offset += bytes;
    return picture;
  });
  if (offset !== indexAt) return undefined;
  return {
    widthPx: format.widthPx,
    heightPx: format.heightPx,
    codecTag: format.codecTag,
    extradata: Buffer.from(extradata, 'base64'),
    pictures,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
