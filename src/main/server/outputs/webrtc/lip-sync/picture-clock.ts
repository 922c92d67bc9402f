const TICKS_PER_MS = 90;
/** So many pictures until outliers are told apart, and so many of them before they are believed. */
const LEARNING_PICTURES = 300;
const BELIEVED_AFTER_PICTURES = 150;
const OUTLIER_DEVIATIONS = 2;
const REMEMBERED = 0.999;
const FIRST_DEVIATION_TICKS = 3_000;
/** Its older way to notice a change: what is off by more than the first, and counts up to the second, adds up to the third. */
const DRIFT_TICKS = 6_600;
const MOST_TICKS = 7_000;
const ALARM_TICKS = 60_000;
const UNSURE_OF_RATE = 1;
const UNSURE_OF_OFFSET = 1e10;
/** Nothing came for so long, or nothing that was believed: it begins anew with what comes. */
const FORGOTTEN_AFTER_MS = 10_000;

/**
 * Where a browser thinks that pictures belong on its own clock, before it adds anything for jitter: what libwebrtc's
 * `TimestampExtrapolator` (recursive least squares of a line, outliers left out) makes of those that arrived then and then. A way
 * that has become longer or shorter is not believed for 150 pictures: for six seconds they are shown by the old one.
 */
export class PictureClock {
  private line = newLine(0, 0);
  private newestMs = Number.NEGATIVE_INFINITY;
  private arrivedMs = Number.NEGATIVE_INFINITY;
  private believedMs = Number.POSITIVE_INFINITY;

  /** A whole picture, in the order in which they were sent. */
  arrived(mediaMs: number, arrivedMs: number): void {
    if (mediaMs <= this.newestMs) return;
    const silent = arrivedMs - this.arrivedMs > FORGOTTEN_AFTER_MS;
    // At 12.5 pictures a second that is before the 150 which it takes to be believed.
    if (silent || mediaMs - this.believedMs > FORGOTTEN_AFTER_MS) this.line = newLine(mediaMs, arrivedMs);
    this.newestMs = mediaMs;
    this.arrivedMs = arrivedMs;
    const { line } = this;
    const atMs = arrivedMs - line.zero.arrivedMs;
    const residual = (mediaMs - line.zero.mediaMs) * TICKS_PER_MS - atMs * line.rate - line.offset;
    if (this.outlier(residual)) {
      if (++line.outliers <= BELIEVED_AFTER_PICTURES) return;
      line.unsure.offset = UNSURE_OF_OFFSET;
    }
    line.outliers = 0;
    this.believedMs = mediaMs;
    if (this.changed(residual) && line.pictures >= 2) line.unsure.offset = UNSURE_OF_OFFSET;
    line.pictures++;
    this.fit(atMs, residual);
  }

  /** That of the newest picture, as `SoundClock` tells it; undefined before the first. */
  get transitMs(): number | undefined {
    const { zero, rate, offset, pictures } = this.line;
    if (pictures === 0) return undefined;
    const ticks = (this.newestMs - zero.mediaMs) * TICKS_PER_MS;
    return zero.arrivedMs + (ticks - offset) / rate - this.newestMs;
  }

  private fit(atMs: number, residual: number): void {
    const { line } = this;
    const { unsure } = line;
    const rate = unsure.rate * atMs + unsure.both;
    const offset = unsure.both * atMs + unsure.offset;
    const all = 1 + atMs * rate + offset;
    line.rate += (rate / all) * residual;
    line.offset += (offset / all) * residual;
    unsure.rate -= (rate * rate) / all;
    unsure.both -= (rate * offset) / all;
    unsure.offset -= (offset * offset) / all;
  }

  private outlier(residual: number): boolean {
    const { line } = this;
    if (line.pictures >= LEARNING_PICTURES) {
      if (Math.abs(residual - line.mean) > OUTLIER_DEVIATIONS * Math.sqrt(line.variance)) return true;
    }
    line.mean = REMEMBERED * line.mean + (1 - REMEMBERED) * residual;
    line.variance = Math.max(1, REMEMBERED * line.variance + (1 - REMEMBERED) * (residual - line.mean) ** 2);
    return false;
  }

  private changed(residual: number): boolean {
    const { line } = this;
    const bounded = Math.max(-MOST_TICKS, Math.min(MOST_TICKS, residual));
    line.late = Math.max(0, line.late + bounded - DRIFT_TICKS);
    line.early = Math.min(0, line.early + bounded + DRIFT_TICKS);
    if (line.late <= ALARM_TICKS && line.early >= -ALARM_TICKS) return false;
    line.late = line.early = 0;
    return true;
  }
}

/** Media time in ticks of 1/90,000 s over arrival in ms, both from their first picture on. */
const newLine = (mediaMs: number, arrivedMs: number) => ({
  zero: { mediaMs, arrivedMs },
  rate: TICKS_PER_MS,
  offset: 0,
  unsure: { rate: UNSURE_OF_RATE, both: 0, offset: UNSURE_OF_OFFSET },
  pictures: 0,
  outliers: 0,
  /** Of residuals. */
  mean: 0,
  variance: FIRST_DEVIATION_TICKS ** 2,
  late: 0,
  early: 0,
});
