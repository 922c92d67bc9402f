/** When an output that lost its connection tries again, for whoever looks at it meanwhile. */
export class NextTry {
  private atMs = Number.NEGATIVE_INFINITY;

  /** @returns the same, so that it can be waited for */
  in(waitMs: number): number {
    this.atMs = performance.now() + waitMs;
    return waitMs;
  }

  /** 0 while it is being tried, or nothing is due. */
  get inMs(): number {
    return Math.max(0, Math.round(this.atMs - performance.now()));
  }
}
