/** What time has to wait for: whoever is at work holds it, and it moves when nobody does. */
export class Holds {
  private count = 0;
  private waiting: Promise<void> | undefined;
  private resume: () => void = () => {};
  private open = false;

  /** @returns gives the hold back; further calls change nothing */
  hold(): () => void {
    this.count++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.count--;
      if (this.count === 0) this.wake();
    };
  }

  async during<T>(work: Promise<T>): Promise<T> {
    const release = this.hold();
    try {
      return await work;
    } finally {
      release();
    }
  }

  /** Resolves when the last hold is given back; undefined when nobody holds. */
  get settled(): Promise<void> | undefined {
    if (this.count === 0 || this.open) return undefined;
    this.waiting ??= new Promise((resolve) => {
      this.resume = resolve;
    });
    return this.waiting;
  }

  /** Nobody needs time to wait any more: the work was given up. */
  letGo(): void {
    this.open = true;
    this.wake();
  }

  private wake(): void {
    this.waiting = undefined;
    this.resume();
  }
}
