import { open } from 'node:fs/promises';

export interface ImageSize {
  widthPx: number;
  heightPx: number;
  kind: 'png' | 'jpeg';
}

/** A JPEG's size comes after its metadata, of which cameras write tens of kilobytes. */
const JPEG_HEAD_BYTES = 256 * 1024;
const PNG_HEAD_BYTES = 32;
const TAIL_BYTES = 64;
const MAX_SIDE_PX = 8_192;
const PNG_MAGIC = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * Size of a PNG or JPEG from its header, and whether its end is there: what is cut off shows without decoding a folder's
 * thousand pictures. The name does not matter, the content does.
 * @throws Error with what is wrong, as the end of a sentence that starts with the file's name
 */
export async function readImageSize(file: string): Promise<ImageSize> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`cannot be read (${error.code})`);
  });
  try {
    const { size } = await handle.stat();
    if (size === 0) throw new Error('is empty');
    const read = async (at: number, bytes: number) => {
      const buffer = Buffer.alloc(Math.min(bytes, size - at));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
      return buffer.subarray(0, bytesRead);
    };
    const head = await read(0, PNG_HEAD_BYTES);
    const tail = await read(Math.max(0, size - TAIL_BYTES), TAIL_BYTES);
    const found = isPng(head)
      ? pngSize(head, tail)
      : isJpeg(head)
        ? jpegSize(await read(0, JPEG_HEAD_BYTES), tail)
        : null;
    if (!found) throw new Error('is neither a PNG nor a JPEG');
    const { widthPx, heightPx } = found;
    if (widthPx < 16 || heightPx < 16 || widthPx > MAX_SIDE_PX || heightPx > MAX_SIDE_PX) {
      throw new Error(`is ${widthPx}x${heightPx}; pictures have 16 to ${MAX_SIDE_PX} pixels a side`);
    }
    return found;
  } finally {
    await handle.close();
  }
}

export const isPng = (head: Uint8Array): boolean => PNG_MAGIC.equals(head.subarray(0, PNG_MAGIC.length));
export const isJpeg = (head: Uint8Array): boolean => head[0] === 0xff && head[1] === 0xd8;

/** PNG (W3C) 5.3 and 11.2.2: the first chunk is IHDR, the last IEND. */
function pngSize(head: Buffer, tail: Buffer): ImageSize {
  if (head.length < 24 || head.toString('latin1', 12, 16) !== 'IHDR') throw new Error('is a damaged PNG');
  if (!tail.includes('IEND')) throw new Error('is cut off: its end is missing');
  return { widthPx: head.readUInt32BE(16), heightPx: head.readUInt32BE(20), kind: 'png' };
}

/** JPEG (ITU-T T.81) B.1 and B.2: segments of marker and length until the frame header (SOF) that holds the size. */
function jpegSize(head: Buffer, tail: Buffer): ImageSize {
  if (!tail.includes(Buffer.from([0xff, 0xd9]))) throw new Error('is cut off: its end is missing');
  for (let at = 2; at + 9 <= head.length; ) {
    if (head[at] !== 0xff) break;
    const marker = head[at + 1]!;
    if (marker === 0xff) {
      at++; // padding
      continue;
    }
    const isFrameHeader = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrameHeader) {
      return { heightPx: head.readUInt16BE(at + 5), widthPx: head.readUInt16BE(at + 7), kind: 'jpeg' };
    }
    at += 2 + head.readUInt16BE(at + 2);
  }
  throw new Error('is a damaged JPEG');
}
