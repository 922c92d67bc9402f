/** Packets that were sent within this time are judged by the quickest of them: what the slower ones tell is the burst's own length. */
const BUCKET_MS = 100;
const TREND_BUCKETS = 6;
const BASE_BUCKETS = 300;
/** A receiver that begins is slow for a moment: it sets up its decoders. */
const SETTLE_BUCKETS = 15;
/** A queue that grows by so much within the trend's time, its largest step left out, is one of our making. */
const RISE_MS = 30;

/**
 * Tells from one-way delays whether a queue grows on the way (the clocks of the two sides need not agree). Google Congestion
 * Control fits a line to the delays of groups of packets (draft-ietf-rmcat-gcc-02 section 5, Carlucci et al. 2017); here it is the
 * sum of the steps between buckets of 100 ms without the largest step. A route that becomes longer is one step and counts for
 * nothing; a process that was held up for a moment is a step up and a step down.
 */
export class DelayTrend {
  private readonly minima: number[] = [];
  private bucketStartMs = Number.NEGATIVE_INFINITY;
  private bucketMinMs = Number.POSITIVE_INFINITY;
  private fresh = 0;
  private closedBuckets = 0;

  add(sentMs: number, arrivedMs: number): void {
    if (sentMs - this.bucketStartMs >= BUCKET_MS) {
      this.closeBucket();
      this.bucketStartMs = sentMs;
    }
    this.bucketMinMs = Math.min(this.bucketMinMs, arrivedMs - sentMs);
  }

  /** Forgets the slope but not how short the way can be: what was decided upon is not to be decided upon again. */
  restart(): void {
    this.fresh = 0;
  }

  /** What the way takes now is what it takes: nothing shorter is remembered. */
  rebase(): void {
    this.minima.splice(0, this.minima.length - 1);
    this.fresh = Math.min(this.fresh, 1);
  }

  /** What the quickest packets of the last 30 s took, by two clocks that need not agree; undefined until there are some. */
  get shortestMs(): number | undefined {
    return this.minima.length === 0 ? undefined : Math.min(...this.minima);
  }

  /** How much longer packets take now than the quickest of the last 30 s. */
  get queueMs(): number {
    const last = this.minima.at(-1);
    return last === undefined ? 0 : last - this.shortestMs!;
  }

  get rising(): boolean {
    const minima = this.minima.slice(-Math.min(TREND_BUCKETS, this.fresh));
    if (minima.length < 3 || this.closedBuckets < SETTLE_BUCKETS) return false;
    let largest = 0;
    for (let i = 1; i < minima.length; i++) largest = Math.max(largest, minima[i]! - minima[i - 1]!);
    return minima.at(-1)! - minima[0]! - largest >= RISE_MS;
  }

  private closeBucket(): void {
    if (this.bucketMinMs === Number.POSITIVE_INFINITY) return;
    this.minima.push(this.bucketMinMs);
    if (this.minima.length > BASE_BUCKETS) this.minima.shift();
    this.fresh++;
    this.closedBuckets++;
    this.bucketMinMs = Number.POSITIVE_INFINITY;
  }
}
