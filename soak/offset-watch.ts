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

interface Stream {
  clockRate: number;
  report?: Report;
  transitsMs: number[];
}

/**
 * Sound against picture as a receiver that plays what it gets would show them: sender reports (RFC 3550 section 6.4) map both
 * streams to one wall clock, and the time from there to the arrival is compared. Medians of 2 s: one late packet is no offset.
 */
export class OffsetWatch {
  private readonly video: Stream = { clockRate: 90_000, transitsMs: [] };
  private readonly audio: Stream = { clockRate: 48_000, transitsMs: [] };
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
    const transitMs = arrivedMs - unixMsOf(timestamp, stream);
    stream.transitsMs.push(transitMs);
    if (kind === 'audio') this.watchDrift(transitMs, arrivedMs);
    this.windowFromMs ??= arrivedMs;
    if (arrivedMs - this.windowFromMs < WINDOW_MS) return;
    this.windowFromMs = arrivedMs;
    const [video, audio] = [this.video.transitsMs.splice(0), this.audio.transitsMs.splice(0)];
    if (video.length < ENOUGH || audio.length < ENOUGH) return;
    this.lastOffsetMs = median(video) - median(audio);
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

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[values.length >> 1]!;
}
