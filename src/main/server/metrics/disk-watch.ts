import { statfs } from 'node:fs/promises';

const EVERY_MS = 15_000;

/** Free space under a folder, looked at now and then: a network disk may take long to answer, and no request is to wait for it. */
export class DiskWatch {
  private readonly timer: NodeJS.Timeout;
  private asking = false;
  /** Undefined until the first answer, or where there is none. */
  freeBytes: number | undefined;

  constructor(
    private readonly dir: string,
    everyMs = EVERY_MS,
  ) {
    void this.look();
    this.timer = setInterval(() => void this.look(), everyMs).unref();
  }

  close(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    try {
      const { bavail, bsize } = await statfs(this.dir);
      this.freeBytes = bavail * bsize;
    } catch {
      this.freeBytes = undefined;
    } finally {
      this.asking = false;
    }
  }
}
