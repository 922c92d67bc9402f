import { WINDOW_S } from './promises';

export interface ArrivedPacket {
  sequenceNumber: number;
  timestamp: number;
  /** Last packet of a picture. */
  marker: boolean;
  /** By any clock that does not go back, ms. */
  arrivedMs: number;
}

export interface StreamHooks {
  /** Pictures or frames missing in the last 10 s of the stream's own time; told when some are. */
  onMissing(units: number): void;
  onBackward(ticks: number): void;
  onOddStep(ticks: number): void;
}

const LONGEST_WAIT_MS = 1_500;
const MOST_WAITING = 1_024;

/**
 * One RTP stream as a receiver sees it: packets are put in order of their sequence numbers (some come again and late), and then
 * their timestamps must go up in whole pictures or frames. Time is the stream's own, so a late receiver counts nothing wrong.
 */
export class StreamWatch {
  readonly figures = { packets: 0, lostPackets: 0, units: 0, missingUnits: 0, worstMissingInWindow: 0 };
  private readonly waiting = new Map<number, ArrivedPacket>();
  private next: number | undefined;
  private highest = 0;
  private last: number | undefined;
  private positionTicks = 0;
  /** Holes of the last window: where, and how many units. */
  private readonly holes: { atTicks: number; units: number }[] = [];

  constructor(
    readonly clockRate: number,
    readonly unitTicks: number,
    private readonly hooks: StreamHooks,
  ) {}

  push(packet: ArrivedPacket): void {
    this.figures.packets++;
    this.next ??= this.highest = packet.sequenceNumber;
    const at = this.highest + signed16(packet.sequenceNumber - this.highest);
    this.highest = Math.max(this.highest, at);
    if (at < this.next || this.waiting.has(at)) return;
    this.waiting.set(at, packet);
    this.release(packet.arrivedMs);
  }

  private release(nowMs: number): void {
    for (;;) {
      const packet = this.waiting.get(this.next!);
      if (packet) {
        this.waiting.delete(this.next!);
        this.next = this.next! + 1;
        this.take(packet.timestamp);
        continue;
      }
      if (this.waiting.size === 0) return;
      const nearest = Math.min(...this.waiting.keys());
      const waitedMs = nowMs - this.waiting.get(nearest)!.arrivedMs;
      if (waitedMs < LONGEST_WAIT_MS && this.waiting.size < MOST_WAITING) return;
      this.figures.lostPackets += nearest - this.next!;
      this.next = nearest;
    }
  }

  private take(timestamp: number): void {
    const step = this.last === undefined ? this.unitTicks : (timestamp - this.last) | 0;
    if (step === 0) return;
    this.last = timestamp;
    if (step < 0) {
      this.hooks.onBackward(step);
      return;
    }
    this.figures.units++;
    this.positionTicks += step;
    if (step % this.unitTicks !== 0) this.hooks.onOddStep(step);
    const missing = Math.ceil(step / this.unitTicks) - 1;
    const fromTicks = this.positionTicks - WINDOW_S * this.clockRate;
    while (this.holes.length > 0 && this.holes[0]!.atTicks <= fromTicks) this.holes.shift();
    if (missing === 0) return;
    this.figures.missingUnits += missing;
    this.holes.push({ atTicks: this.positionTicks, units: missing });
    const inWindow = this.holes.reduce((sum, { units }) => sum + units, 0);
    this.figures.worstMissingInWindow = Math.max(this.figures.worstMissingInWindow, inWindow);
    this.hooks.onMissing(inWindow);
  }
}

const signed16 = (difference: number) => ((difference & 0xffff) ^ 0x8000) - 0x8000;
