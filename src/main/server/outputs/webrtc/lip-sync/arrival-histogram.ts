const BUCKET_MS = 20;
/** What is later than 2 s is not learned from. */
const BUCKETS = 100;
/** What is left of the older looks at each new one; in the first minute less is: a new one of n weighs 2 / (n + 1). */
const REMEMBERED = 0.983;
const FIRST_WEIGHT = 2;
const QUANTILE = 0.95;

/** How late sound was, look by look, as libwebrtc (`Histogram`, `UnderrunOptimizer`) remembers it. */
export class ArrivalHistogram {
  private readonly shares = Array.from({ length: BUCKETS }, (_, i) => 0.5 ** (i + 1));
  private remembered = 0;
  private looks = 0;

  add(lateMs: number): void {
    const bucket = Math.floor(lateMs / BUCKET_MS);
    if (bucket >= BUCKETS) return;
    for (let i = 0; i < BUCKETS; i++) this.shares[i]! *= this.remembered;
    this.shares[bucket]! += 1 - this.remembered;
    this.looks++;
    this.remembered = Math.max(0, Math.min(REMEMBERED, 1 - FIRST_WEIGHT / (this.looks + 1)));
  }

  /** Sound that waits so long would have been in time for 95 of 100 looks, ms. */
  get waitMs(): number {
    let rest = 1 - this.shares[0]!;
    let bucket = 0;
    while (rest > 1 - QUANTILE && bucket < BUCKETS - 1) rest -= this.shares[++bucket]!;
    return (bucket + 1) * BUCKET_MS;
  }
}
