/** Something to be sent, and how much of the wire it takes. */
export interface Paced {
  bytes: number;
  send(): void;
}

const TICK_MS = 5;
/** So much may go at once after a pause: a few packets, or what the rate allows in half a picture. */
const BURST_MS = 20;
const BURST_BYTES = 4_000;
/** What waits longer is late anyway: it is thrown away, and the picture begins anew at a keyframe. */
const LONGEST_WAIT_MS = 500;

/**
 * A leaky bucket: pictures are much larger than a packet, keyframes more so, and a burst that does not fit into the queue before
 * a bottleneck is lost. What fits the rate goes out at once and without a timer.
 */
export class Pacer {
  private readonly queue: Paced[] = [];
  private allowedBytes = BURST_BYTES;
  private lastMs = performance.now();
  private timer: NodeJS.Timeout | undefined;
  queuedBytes = 0;
  rateBps = 10_000_000;

  /** All or nothing: false, and the whole queue is thrown away, when this would wait too long. */
  push(packets: readonly Paced[]): boolean {
    let bytes = 0;
    for (const packet of packets) bytes += packet.bytes;
    if (this.queuedBytes > 0 && ((this.queuedBytes + bytes) * 8_000) / this.rateBps > LONGEST_WAIT_MS) {
      this.clear();
      return false;
    }
    this.queue.push(...packets);
    this.queuedBytes += bytes;
    this.drain();
    return true;
  }

  /** Something else took its share of the wire: sound, and what is sent again, do not wait. */
  spend(bytes: number): void {
    this.allowedBytes -= bytes;
  }

  clear(): void {
    this.queue.length = 0;
    this.queuedBytes = 0;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private drain(): void {
    const nowMs = performance.now();
    const bytesPerMs = this.rateBps / 8_000;
    const most = Math.max(BURST_BYTES, bytesPerMs * BURST_MS);
    this.allowedBytes = Math.min(most, this.allowedBytes + (nowMs - this.lastMs) * bytesPerMs);
    this.lastMs = nowMs;
    let sent = 0;
    for (; sent < this.queue.length && this.allowedBytes > 0; sent++) {
      const packet = this.queue[sent]!;
      this.allowedBytes -= packet.bytes;
      this.queuedBytes -= packet.bytes;
      packet.send();
    }
    this.queue.splice(0, sent);
    if (this.queue.length === 0 || this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.drain();
    }, TICK_MS);
  }
}
