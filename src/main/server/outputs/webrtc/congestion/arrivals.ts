import type { TransportWideCC } from 'werift';

/** One packet that the other side has reported on. */
export interface Arrival {
  /** Our clock. */
  sentMs: number;
  /** The other side's clock, whose zero is unknown; undefined: lost, as far as is known. */
  arrivedMs: number | undefined;
  bytes: number;
  /** What of the program it carries. */
  media?: Media;
}

/** A packet of the program: one of sound, or one of a picture's; or one that carries nothing. */
export interface Media {
  kind: 'sound' | 'picture' | 'probe';
  /** Media time. */
  ms: number;
  /** The last one of its picture. */
  last: boolean;
}

interface Sent {
  sequenceNumber: number;
  sentMs: number;
  bytes: number;
  media?: Media;
}

/** What is in flight: 3 s of a program of 5 Mbit/s. */
const HISTORY_PACKETS = 2_048;
/** draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1: 24 bits that count 64 ms. */
const REFERENCE_MS = 64;
const REFERENCE_WRAP_MS = 2 ** 24 * REFERENCE_MS;
const NOT_RECEIVED = 0;
const SMALL_DELTA = 1;
const LARGE_DELTA = 2;

/** Packets by their transport-wide sequence number, until the other side tells when each of them arrived. */
export class SentPackets {
  private readonly ring: (Sent | undefined)[] = new Array(HISTORY_PACKETS);
  private turnsMs = 0;
  private lastReferenceMs: number | undefined;
  /** When the newest packet that was reported on had been sent. */
  newestReportedSentMs: number | undefined;

  sent(sequenceNumber: number, bytes: number, sentMs: number, media?: Media): void {
    this.ring[sequenceNumber % HISTORY_PACKETS] = { sequenceNumber, sentMs, bytes, ...(media && { media }) };
  }

  /** What a report tells of packets that are still remembered, in the order in which they were sent. */
  settle(
    report: Pick<TransportWideCC, 'baseSequenceNumber' | 'packetStatusCount' | 'referenceTime'> & Chunks,
  ): Arrival[] {
    const statuses = statusesOf(report);
    let arrivedMs = this.unwrapped(report.referenceTime * REFERENCE_MS);
    let delta = 0;
    const arrivals: Arrival[] = [];
    for (let i = 0; i < report.packetStatusCount; i++) {
      const status = statuses[i] ?? NOT_RECEIVED;
      const received = status === SMALL_DELTA || status === LARGE_DELTA;
      if (received) arrivedMs += (report.recvDeltas[delta++]?.delta ?? 0) / 1_000;
      const sequenceNumber = (report.baseSequenceNumber + i) & 0xffff;
      const at = sequenceNumber % HISTORY_PACKETS;
      const sent = this.ring[at];
      if (sent?.sequenceNumber !== sequenceNumber) continue;
      // One that is lost may be told of again, when it comes after all.
      if (received) this.ring[at] = undefined;
      this.newestReportedSentMs = Math.max(this.newestReportedSentMs ?? 0, sent.sentMs);
      const { sequenceNumber: _, ...packet } = sent;
      arrivals.push({ ...packet, arrivedMs: received ? arrivedMs : undefined });
    }
    return arrivals;
  }

  /** The other side's clock begins anew after 12 days. */
  private unwrapped(referenceMs: number): number {
    const last = this.lastReferenceMs;
    if (last !== undefined && referenceMs - last < -REFERENCE_WRAP_MS / 2) this.turnsMs += REFERENCE_WRAP_MS;
    this.lastReferenceMs = referenceMs;
    return this.turnsMs + referenceMs;
  }
}

/** The parts of a report as werift 0.24.4 reads them; its own `packetResults` leaves out every status vector. */
export interface Chunks {
  packetChunks: readonly ({ packetStatus?: number; runLength?: number } | { symbolList?: number[] })[];
  /** Microseconds. */
  recvDeltas: readonly { delta: number }[];
}

function statusesOf({ packetChunks, packetStatusCount }: Chunks & { packetStatusCount: number }): number[] {
  const statuses: number[] = [];
  for (const chunk of packetChunks) {
    if ('symbolList' in chunk && chunk.symbolList) statuses.push(...chunk.symbolList);
    else if ('runLength' in chunk) {
      const length = Math.min(chunk.runLength ?? 0, packetStatusCount - statuses.length);
      for (let i = 0; i < length; i++) statuses.push(chunk.packetStatus ?? NOT_RECEIVED);
    }
  }
  return statuses;
}
