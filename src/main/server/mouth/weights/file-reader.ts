import { type FileHandle, open } from 'node:fs/promises';

/** One `read` call takes at most 2^31 - 1 bytes, and a smaller step lets an abort in between. */
const STEP_BYTES = 16 << 20;

/** A file read by offset: `readFile` ends at 2 GiB, and most of a checkpoint is needed once, one tensor at a time. */
export class FileReader {
  private constructor(
    private readonly handle: FileHandle,
    readonly sizeBytes: number,
  ) {}

  /** @throws the system's error (`ENOENT`, `EACCES`, ...), and for what is no regular file */
  static async open(file: string): Promise<FileReader> {
    const handle = await open(file, 'r');
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) throw new FileError('is a folder or a device, not a file');
      return new FileReader(handle, stats.size);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Whether these bytes are in the file; never allocate for a length that was not asked about. */
  has(offset: number, length: number): boolean {
    return offset >= 0 && length >= 0 && offset + length <= this.sizeBytes;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    if (!this.has(offset, length)) throw endsEarly();
    const bytes = Buffer.allocUnsafeSlow(length);
    await this.readInto(bytes, offset);
    return bytes;
  }

  async readInto(bytes: Uint8Array, offset: number): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const step = Math.min(STEP_BYTES, bytes.length - at);
      const { bytesRead } = await this.handle.read(bytes, at, step, offset + at);
      if (bytesRead === 0) throw endsEarly();
      at += bytesRead;
    }
  }

  /** A run of bytes in pieces, each valid until the next is asked for. */
  async *pieces(offset: number, length: number): AsyncGenerator<Uint8Array> {
    const buffer = Buffer.allocUnsafeSlow(Math.min(length, 1 << 20));
    for (let at = 0; at < length; at += buffer.length) {
      const piece = buffer.subarray(0, Math.min(buffer.length, length - at));
      await this.readInto(piece, offset + at);
      yield piece;
    }
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

/** What is wrong with a file, as the end of a sentence that starts with its name. */
export class FileError extends Error {
  override readonly name = 'FileError';
}

export const endsEarly = (): FileError =>
  new FileError('ends in the middle: it is cut off or damaged. Copy or download it again');
