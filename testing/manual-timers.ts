import type { Timers } from '../src/main/server/tts/timers';

interface Due {
  atMs: number;
  run: () => void;
  background: boolean;
}

/** Time that moves when a test says so. */
export class ManualTimers implements Timers {
  private ms = 0;
  private due: Due[] = [];

  nowMs(): number {
    return this.ms;
  }

  after(ms: number, run: () => void, { background = false } = {}): () => void {
    const entry = { atMs: this.ms + ms, run, background };
    this.due.push(entry);
    return () => {
      this.due = this.due.filter((other) => other !== entry);
    };
  }

  /** Timers that would still fire, those of the background aside. */
  get pending(): number {
    return this.due.filter(({ background }) => !background).length;
  }

  get pendingInBackground(): number {
    return this.due.length - this.pending;
  }

  /** Lets `ms` pass, timer by timer, and everything that follows from each. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.ms + ms;
    for (;;) {
      await settle();
      const next = this.due.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (!next) break;
      this.ms = Math.max(this.ms, next.atMs);
      this.due = this.due.filter((entry) => entry !== next);
      next.run();
    }
    this.ms = untilMs;
  }
}

/** Until promises that can go on have gone on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}
