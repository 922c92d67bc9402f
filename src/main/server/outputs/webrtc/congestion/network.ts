import {
  ReceiverEstimatedMaxBitrate,
  type RTCRtpSender,
  type RtcpPacket,
  RtcpPayloadSpecificFeedback,
  RtcpRrPacket,
  RtcpSrPacket,
  RtcpTransportLayerFeedback,
  TransportWideCC,
} from 'werift';
import type { Rendition } from '../../output';
import { type Arrival, type Media, SentPackets } from './arrivals';
import { BandwidthEstimate } from './bandwidth';
import { RenditionChoice } from './rendition-choice';

/** IPv4, UDP, RTP with its extensions, and SRTP's tag. */
export const PACKET_OVERHEAD_BYTES = 28 + 12 + 12 + 10;
/** Sound as it is on the wire: 64 kbit/s of Opus and the headers of fifty packets a second. */
const SOUND_BPS = 64_000 + 50 * PACKET_OVERHEAD_BYTES * 8;
/** Of what is left beside the sound: headers of pictures, and what is sent again. */
const PICTURE_SHARE = 0.9;
/** Below it a picture is none; whoever has less sees some of them. */
const FLOOR_BPS = SOUND_BPS + 60_000;
const PICTURES_WITHOUT_REPORT = 12;

interface SenderInternals {
  totalRoundTripTime: number;
  roundTripTimeMeasurements: number;
  senderBWE: { rtpPacketSent(): void; receiveTWCC(): void };
}

export type NetworkFigures = {
  /** 1 while it is sent the live rendition. */
  onLive: number;
  renditionSwitches: number;
  targetBps: number;
  lossFraction: number;
  rttMs: number;
  /** How much longer packets take than they have to. */
  networkQueueMs: number;
};

/** One peer's network, as its reports tell of it: what it carries, and which rendition that means. */
export class PeerNetwork {
  private readonly packets = new SentPackets();
  private readonly estimate: BandwidthEstimate;
  private readonly choice: RenditionChoice;
  private readonly roundTrips = { totalS: 0, count: 0 };
  private picturesSinceReport = 0;
  private switches = 0;
  /** A transport-wide report has come. */
  onArrivals: (arrivals: readonly Arrival[]) => void = () => {};
  /** A queue fills many times faster than it empties. */
  onFlood: () => void = () => {};

  constructor(
    private readonly sender: RTCRtpSender,
    programBps: number,
  ) {
    const ceilingBps = 2 * (programBps + SOUND_BPS);
    this.choice = new RenditionChoice(ceilingBps);
    this.estimate = new BandwidthEstimate({ startBps: ceilingBps * 0.75, floorBps: FLOOR_BPS, ceilingBps });
    this.estimate.onFlood = () => this.onFlood();
    // werift's own estimator remembers up to 65,536 packets a sender, and nobody asks it.
    const { senderBWE } = sender as unknown as SenderInternals;
    senderBWE.rtpPacketSent = () => {};
    senderBWE.receiveTWCC = () => {};
    sender.dtlsTransport.onRtcp.subscribe((packet) => this.reported(packet, performance.now()));
  }

  get rendition(): Rendition {
    return this.choice.rendition;
  }

  get targetBps(): number {
    return this.estimate.targetBps(performance.now());
  }

  get rttMs(): number | undefined {
    return this.estimate.rttMs;
  }

  /** What pictures may take of it. */
  get pictureBps(): number {
    return Math.max(FLOOR_BPS - SOUND_BPS, (this.targetBps - SOUND_BPS) * PICTURE_SHARE);
  }

  get figures(): NetworkFigures {
    const { estimate } = this;
    return {
      onLive: this.rendition === 'live' ? 1 : 0,
      renditionSwitches: this.switches,
      targetBps: Math.round(this.targetBps),
      lossFraction: Math.round(estimate.lossFraction * 1_000) / 1_000,
      rttMs: Math.round(estimate.rttMs ?? 0),
      networkQueueMs: Math.round(estimate.queueMs),
    };
  }

  /** A packet went out; its transport-wide number is the transport's newest. */
  sent(payloadBytes: number, media?: Media): void {
    const nowMs = performance.now();
    const bytes = payloadBytes + PACKET_OVERHEAD_BYTES;
    this.packets.sent(this.sender.dtlsTransport.transportSequenceNumber, bytes, nowMs, media);
    this.estimate.sent(bytes, nowMs);
  }

  /**
   * Call with every picture of the program.
   * @param pictureBps what the program's pictures take at their peaks, headers included
   * @returns the rendition to go to and why, when it is time to
   */
  look(pictureBps: number): { rendition: Rendition; why: string } | undefined {
    const nowMs = performance.now();
    // Pictures are counted too: a process that was held up finds old packets and unread reports.
    if (++this.picturesSinceReport >= PICTURES_WITHOUT_REPORT) {
      const newestMs = this.packets.newestReportedSentMs;
      if (newestMs !== undefined) this.estimate.overdue(nowMs - newestMs, nowMs);
    }
    const targetBps = this.targetBps;
    const programBps = pictureBps + SOUND_BPS;
    const rendition = this.choice.look({ targetBps, programBps, queueMs: this.estimate.queueMs }, nowMs);
    if (!rendition) return undefined;
    this.switches++;
    const kbps = (bps: number) => `${Math.round(bps / 1_000)} kbit/s`;
    const { cause, rttMs, lossFraction, queueMs } = this.estimate;
    const seen = `loss ${Math.round(lossFraction * 100)} %, round trip ${Math.round(rttMs ?? 0)} ms, queue ${Math.round(queueMs)} ms`;
    const by = rendition === 'live' && cause ? ` by ${cause}` : '';
    return {
      rendition,
      why: `its network carries ${kbps(targetBps)}${by}, the program takes ${kbps(programBps)} (${seen})`,
    };
  }

  private reported(packet: RtcpPacket, nowMs: number): void {
    if (packet instanceof RtcpTransportLayerFeedback && packet.feedback instanceof TransportWideCC) {
      const arrivals = this.packets.settle(packet.feedback);
      if (arrivals.length === 0) return;
      this.picturesSinceReport = 0;
      this.estimate.arrivals(arrivals, nowMs);
      this.onArrivals(arrivals);
    } else if (packet instanceof RtcpRrPacket || packet instanceof RtcpSrPacket) {
      const report = packet.reports.find(({ ssrc }) => ssrc === this.sender.ssrc);
      if (report) this.estimate.report(report.fractionLost / 256, this.newRoundTripMs(), nowMs);
    } else if (
      packet instanceof RtcpPayloadSpecificFeedback &&
      packet.feedback instanceof ReceiverEstimatedMaxBitrate
    ) {
      this.estimate.receiver(Number(packet.feedback.bitrate), nowMs);
    }
  }

  /** werift smooths over many seconds; its sums tell of the last one. */
  private newRoundTripMs(): number | undefined {
    const { totalRoundTripTime, roundTripTimeMeasurements } = this.sender as unknown as SenderInternals;
    const { roundTrips } = this;
    const count = roundTripTimeMeasurements - roundTrips.count;
    const ms = count > 0 ? ((totalRoundTripTime - roundTrips.totalS) / count) * 1_000 : undefined;
    roundTrips.totalS = totalRoundTripTime;
    roundTrips.count = roundTripTimeMeasurements;
    return ms === undefined ? undefined : Math.max(0, ms);
  }
}
