import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LogSink } from './log';

export interface LogFileOptions {
  maxBytes?: number;
  /** How many files there are at most, the one that is written included. */
  files?: number;
  /** Told once when writing fails (a full disk), and again only after it worked in between. */
  onError?: (error: Error) => void;
}

const MAX_BYTES = 5_000_000;
const FILES = 5;

/**
 * A log that cannot fill the disk: `herald.log`, and the ones before it as `herald.log.1` (newest) to `.4`. Lines are written at once,
 * not collected, because those just before a crash are the ones that are wanted. A line that cannot be written is dropped.
 */
export class LogFile implements LogSink {
  private fd: number | undefined;
  private bytes = 0;
  private failed = false;
  private readonly maxBytes: number;
  private readonly files: number;

  constructor(
    private readonly path: string,
    private readonly options: LogFileOptions = {},
  ) {
    this.maxBytes = options.maxBytes ?? MAX_BYTES;
    this.files = options.files ?? FILES;
  }

  write(line: string): void {
    const data = Buffer.from(`${line}\n`);
    try {
      this.fd ??= this.open();
      if (this.bytes > 0 && this.bytes + data.length > this.maxBytes) this.rotate();
      this.bytes += writeSync(this.fd, data);
      this.failed = false;
    } catch (error) {
      this.close();
      if (!this.failed) this.options.onError?.(error as Error);
      this.failed = true;
    }
  }

  close(): void {
    if (this.fd === undefined) return;
    closeSync(this.fd);
    this.fd = undefined;
  }

  private open(): number {
    mkdirSync(dirname(this.path), { recursive: true });
    // Whoever else uses this machine need not read what was said.
    const fd = openSync(this.path, 'a', 0o600);
    this.bytes = fstatSync(fd).size;
    return fd;
  }

  private rotate(): void {
    this.close();
    const older = (n: number) => (n === 0 ? this.path : `${this.path}.${n}`);
    rmSync(older(this.files - 1), { force: true });
    for (let n = this.files - 2; n >= 0; n--) if (existsSync(older(n))) renameSync(older(n), older(n + 1));
    this.fd = this.open();
  }
}
