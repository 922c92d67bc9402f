import { type FileHandle, mkdir, open, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { say } from '../../../../shared/told';

/** A disk that is so far behind will not catch up; three minutes of a usual recording. */
const MAX_BACKLOG_BYTES = 64 * 1024 * 1024;
const COPY_BYTES = 1024 * 1024;

/**
 * A file that grows while somebody else is on air: `write` takes bytes and returns at once, a failing disk is told once through
 * `onError`, and what was wholly written before it stays.
 */
export class PartFile {
  private readonly queue: Buffer[] = [];
  private backlogBytes = 0;
  private writing: Promise<void> | undefined;
  private failed = false;
  private closed = false;
  /** Whole pieces that are in the file. */
  writtenBytes = 0;
  onError: (error: Error) => void = () => {};

  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
  ) {}

  /** @throws the file system's error; EEXIST when there is such a file already */
  static async create(path: string): Promise<PartFile> {
    // Readable too: a file whose folder was removed can only be read through the handle that wrote it.
    return new PartFile(path, await open(path, 'wx+', 0o644));
  }

  write(bytes: Buffer): void {
    if (this.failed || this.closed) return;
    this.backlogBytes += bytes.length;
    if (this.backlogBytes > MAX_BACKLOG_BYTES) {
      this.fail(new Error(say('record.slowDisk')));
      return;
    }
    this.queue.push(bytes);
    this.writing ??= this.drain();
  }

  /** Is the file still where it was made? A removed one can be written to, on most systems, and is gone when it is closed. */
  async isInPlace(): Promise<boolean> {
    const [here, there] = await Promise.all([this.handle.stat(), stat(this.path).catch(() => undefined)]);
    return there !== undefined && there.ino === here.ino && there.dev === here.dev;
  }

  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(dirname(this.path));
    return bavail * bsize;
  }

  /**
   * Writes what waits and closes the file. One that lost its place is written there anew, folder and all: removing a folder
   * does not mean losing what is being recorded into it.
   * @throws the file system's error; the file is closed all the same
   */
  async finish(): Promise<void> {
    await this.writing;
    this.closed = true;
    try {
      // Half a piece is no use, and some players trip over it.
      if (this.failed) await this.handle.truncate(this.writtenBytes);
      if (!(await this.isInPlace())) await this.writeAnew();
      else await this.handle.datasync();
    } finally {
      await this.handle.close();
    }
  }

  private async drain(): Promise<void> {
    try {
      for (let bytes = this.queue.shift(); bytes && !this.failed; bytes = this.queue.shift()) {
        for (let at = 0; at < bytes.length; ) {
          const { bytesWritten } = await this.handle.write(bytes, at, bytes.length - at, this.writtenBytes + at);
          at += bytesWritten;
        }
        this.writtenBytes += bytes.length;
        this.backlogBytes -= bytes.length;
      }
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.writing = undefined;
    }
  }

  private fail(error: Error): void {
    if (this.failed) return;
    this.failed = true;
    this.queue.length = 0;
    this.onError(error);
  }

  private async writeAnew(): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true });
    const copy = await open(this.path, 'wx', 0o644);
    try {
      const bytes = Buffer.alloc(COPY_BYTES);
      for (let at = 0; at < this.writtenBytes; ) {
        const { bytesRead } = await this.handle.read(bytes, 0, bytes.length, at);
        if (bytesRead === 0) break;
        await copy.writeFile(bytes.subarray(0, bytesRead));
        at += bytesRead;
      }
      await copy.datasync();
    } finally {
      await copy.close();
    }
  }
}
