import {
  GenericNack,
  type RTCRtpSender,
  RTP_EXTENSION_URI,
  type RtcpPacket,
  RtcpTransportLayerFeedback,
  type RtpPacket,
  serializeTransportWideCC,
  wrapRtx,
} from 'werift';

/** More than a second of a program of 2.5 Mbit/s: werift keeps 128 packets, which a round trip of 400 ms outlives. */
const HISTORY_PACKETS = 512;
/** What may be sent again, as a share of what the network is thought to carry; of a second of it at once. */
const SHARE_OF_RATE = 0.25;
const BURST_S = 0.5;
/** Asked for again sooner, the last one is still on its way. */
const AGAIN_AFTER_MS = 40;

interface SenderInternals {
  handleRtcpPacket(packet: RtcpPacket): void;
  rtxPayloadType?: number;
  rtxSequenceNumber: number;
  rtxSsrc: number;
  headerExtensions: { id: number; uri: string }[];
}

interface Kept {
  packet: RtpPacket;
  resentMs: number;
}

/**
 * Sends again what the other side misses (RFC 4585 NACK; RFC 4588 where rtx was negotiated), in place of werift, which answers
 * every request at once, as often as it comes: a network that loses because it is full would be filled further. Here a packet
 * goes again once a round trip, within a share of the rate. Each gets a transport-wide sequence number of its own: werift repeats
 * the first one, which reads as a packet that took a round trip longer.
 */
export class Retransmitter {
  private readonly kept: (Kept | undefined)[] = new Array(HISTORY_PACKETS);
  private allowedBytes = 0;
  private lastMs = performance.now();
  /** What the network carries, bits per second. */
  rateBps = 1_000_000;
  rttMs: number | undefined;
  sentAgain = 0;
  refused = 0;

  /** @param onSent called for each with the bytes of its payload, right after it was handed over */
  constructor(
    private readonly sender: RTCRtpSender,
    private readonly onSent: (bytes: number) => void,
  ) {
    const internals = sender as unknown as SenderInternals;
    const handle = internals.handleRtcpPacket.bind(sender);
    internals.handleRtcpPacket = (packet) => {
      if (packet instanceof RtcpTransportLayerFeedback && packet.feedback instanceof GenericNack) {
        // It is left the counting.
        for (const sequenceNumber of packet.feedback.lost.splice(0)) this.again(sequenceNumber & 0xffff);
      }
      handle(packet);
    };
  }

  keep(packet: RtpPacket): void {
    this.kept[packet.header.sequenceNumber % HISTORY_PACKETS] = { packet, resentMs: Number.NEGATIVE_INFINITY };
  }

  /** What was sent so far is of no use any more: a keyframe of another rendition follows. */
  forget(): void {
    this.kept.fill(undefined);
  }

  private again(sequenceNumber: number): void {
    const kept = this.kept[sequenceNumber % HISTORY_PACKETS];
    if (kept?.packet.header.sequenceNumber !== sequenceNumber) return;
    const nowMs = performance.now();
    const bytesPerMs = (this.rateBps * SHARE_OF_RATE) / 8_000;
    this.allowedBytes = Math.min(bytesPerMs * 1_000 * BURST_S, this.allowedBytes + (nowMs - this.lastMs) * bytesPerMs);
    this.lastMs = nowMs;
    const soon = nowMs - kept.resentMs < Math.max(AGAIN_AFTER_MS, this.rttMs ?? 0);
    if (soon || this.allowedBytes <= 0) {
      this.refused++;
      return;
    }
    kept.resentMs = nowMs;
    const { payload, header } = this.wrapped(kept.packet);
    this.allowedBytes -= payload.length;
    this.sentAgain++;
    void this.sender.dtlsTransport.sendRtp(payload, header);
    this.onSent(payload.length);
  }

  private wrapped(packet: RtpPacket): RtpPacket {
    const { sender } = this;
    const internals = sender as unknown as SenderInternals;
    let again = packet;
    if (internals.rtxPayloadType !== undefined) {
      const { rtxPayloadType, rtxSequenceNumber, rtxSsrc } = internals;
      again = wrapRtx(packet, rtxPayloadType, rtxSequenceNumber, rtxSsrc);
      internals.rtxSequenceNumber = (rtxSequenceNumber + 1) & 0xffff;
    }
    const wide = internals.headerExtensions.find(({ uri }) => uri === RTP_EXTENSION_URI.transportWideCC);
    if (!wide) return again;
    const transport = sender.dtlsTransport;
    transport.transportSequenceNumber = (transport.transportSequenceNumber + 1) & 0xffff;
    const number = serializeTransportWideCC(transport.transportSequenceNumber);
    again.header.extensions = again.header.extensions.map((extension) =>
      extension.id === wide.id ? { id: wide.id, payload: number } : extension,
    );
    return again;
  }
}
