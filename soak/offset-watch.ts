export interface Report {
  unixMs: number;
  rtpTimestamp: number;
}

export interface OffsetHooks {
  /** How far video is behind audio, ms; below 0 when it is ahead. */
  onOffset(ms: number): void;
  /** What two sender reports of one stream say differently, ms. */
  onReportJump(ms: number): void;
  /** How much later (or sooner) than in the first window the fastest packets come, ms. */
  onDrift(ms: number): void;
}

const WINDOW_MS = 2_000;
const DRIFT_WINDOW_MS = 10_000;
const ENOUGH = 20;
/** Sound that is heard with a picture begins no further from it than half of one. */
const SAME_TIME_MS = 20;

interface Arrival {
  /** When it is to be played, by the sender's wall clock. */
  mediaMs: number;
  /** From there to its arrival. */
  transitMs: number;
}

interface Stream {
  clockRate: number;
  report?: Report;
  arrivals: Arrival[];
}

/**
 * Sound against picture as a receiver that plays what it gets would show them: sender reports (RFC 3550 section 6.4) map both
 * streams to one wall clock, and each picture is compared with the sound of the same moment. The median of 2 s: one late packet
 * is no offset. (Not the one median less the other: where a sender that stood still sends what is due in one go, they fall on
 * different moments of a second that was caught up, and differ by what the two packets are apart, not by what is seen.)
 */
export class OffsetWatch {
  private readonly video: Stream = { clockRate: 90_000, arrivals: [] };
  private readonly audio: Stream = { clockRate: 48_000, arrivals: [] };
  private windowFromMs: number | undefined;
  private driftFromMs: number | undefined;
  private fastestMs = Number.POSITIVE_INFINITY;
  private firstFastestMs: number | undefined;
  lastOffsetMs: number | undefined;

  constructor(private readonly hooks: OffsetHooks) {}

  report(kind: 'video' | 'audio', report: Report): void {
    const stream = this[kind];
    if (stream.report) this.hooks.onReportJump(Math.abs(report.unixMs - unixMsOf(report.rtpTimestamp, stream)));
    stream.report = report;
  }

  /** @param arrivedMs Unix ms, of a clock that does not go back */
  arrived(kind: 'video' | 'audio', timestamp: number, arrivedMs: number): void {
    const stream = this[kind];
    if (!stream.report) return;
    const mediaMs = unixMsOf(timestamp, stream);
    const transitMs = arrivedMs - mediaMs;
    stream.arrivals.push({ mediaMs, transitMs });
    if (kind === 'audio') this.watchDrift(transitMs, arrivedMs);
    this.windowFromMs ??= arrivedMs;
    if (arrivedMs - this.windowFromMs < WINDOW_MS) return;
    this.windowFromMs = arrivedMs;
    const apartMs = differencesMs(this.video.arrivals.splice(0), this.audio.arrivals.splice(0));
    if (apartMs.length < ENOUGH) return;
    this.lastOffsetMs = median(apartMs);
    this.hooks.onOffset(this.lastOffsetMs);
  }

  private watchDrift(transitMs: number, arrivedMs: number): void {
    this.fastestMs = Math.min(this.fastestMs, transitMs);
    this.driftFromMs ??= arrivedMs;
    if (arrivedMs - this.driftFromMs < DRIFT_WINDOW_MS) return;
    this.driftFromMs = arrivedMs;
    this.firstFastestMs ??= this.fastestMs;
    this.hooks.onDrift(this.fastestMs - this.firstFastestMs);
    this.fastestMs = Number.POSITIVE_INFINITY;
  }
}

const unixMsOf = (timestamp: number, { report, clockRate }: Stream): number =>
  report!.unixMs + (((timestamp - report!.rtpTimestamp) | 0) * 1_000) / clockRate;

/** Of each picture whose sound has come in the same window: how much later it took. */
function differencesMs(video: Arrival[], audio: Arrival[]): number[] {
  const byTime = (a: Arrival, b: Arrival) => a.mediaMs - b.mediaMs;
  const sound = audio.sort(byTime);
  const apartMs = (at: number, { mediaMs }: Arrival) => Math.abs((sound[at]?.mediaMs ?? Number.NaN) - mediaMs);
  let at = 0;
  const differences: number[] = [];
  for (const picture of video.sort(byTime)) {
    while (apartMs(at + 1, picture) <= apartMs(at, picture)) at++;
    if (apartMs(at, picture) < SAME_TIME_MS) differences.push(picture.transitMs - sound[at]!.transitMs);
  }
  return differences;
}

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[values.length >> 1]!;
}
