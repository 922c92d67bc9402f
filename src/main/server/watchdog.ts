/** One deadline for the next sign of life of something that may hang: a process, a worker, a far end. */
export class Watchdog {
  private timer: NodeJS.Timeout | undefined;

  /** From now on; takes the place of the deadline before it. `onLate` is called unless it is moved or stopped in time. */
  arm(limitMs: number, onLate: () => void): void {
    this.stop();
    this.timer = setTimeout(() => {
      this.timer = undefined;
      onLate();
    }, limitMs);
  }

  get armed(): boolean {
    return this.timer !== undefined;
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
