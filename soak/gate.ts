import { setTimeout as sleep } from 'node:timers/promises';

/** Lets all actors rest at once, so that what is still alive then belongs to nobody. */
export class Gate {
  private open = Promise.resolve();
  private letGo = () => {};
  private outside = 0;
  closed = false;

  constructor(private readonly actors: number) {}

  /** Actors come here between sessions. */
  async pass(): Promise<void> {
    this.outside++;
    await this.open;
    this.outside--;
  }

  /** Asks everyone out. Resolves once all are, or after the limit. */
  async close(limitMs: number, signal: AbortSignal): Promise<boolean> {
    this.closed = true;
    this.open = new Promise((resolve) => {
      this.letGo = resolve;
    });
    const untilMs = performance.now() + limitMs;
    while (this.outside < this.actors && performance.now() < untilMs && !signal.aborted) await sleep(100);
    return this.outside >= this.actors;
  }

  reopen(): void {
    this.closed = false;
    this.letGo();
  }
}
