const FIRST_MS = 500;
/** With the time that connecting takes, a server that was restarted has its stream back within 5 s. */
const LONGEST_MS = 4_000;

/**
 * How long to wait before the next attempt: twice as long each time, less a random part of up to a half, so that a hundred
 * presenters that lost the same server do not come back in the same instant.
 */
export class Backoff {
  private attempts = 0;

  /** @param random in [0, 1) */
  constructor(private readonly random: () => number = Math.random) {}

  nextMs(): number {
    const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(this.attempts++, 10));
    return Math.round(longest * (1 - this.random() / 2));
  }

  /** It has been well for a while. */
  reset(): void {
    this.attempts = 0;
  }
}
