import type { RTCRtpSender } from 'werift';
import { SAMPLE_RATE_HZ, samplesToMs } from '../../../../shared/units';
import type { Adaptive, EncodedPacket, MediaFormat, Rendition } from '../output';
import { type NetworkFigures, PACKET_OVERHEAD_BYTES, PeerNetwork } from './congestion/network';
import { DrainPause } from './drain-pause';
import { LipSync } from './lip-sync/lip-sync';
import { playoutDelayId, serializePlayoutDelay } from './lip-sync/playout-delay';
import { Pacer } from './pacer';
import { MAX_PAYLOAD_BYTES } from './payloads';
import { RenditionSwitch } from './rendition-switch';
import { Retransmitter } from './retransmitter';
import type { RtpSenderPair } from './rtp-sender-pair';

export type AdaptationFigures = NetworkFigures & {
  /** Packets that were asked for again and sent, and those that were not: too often, too many. */
  sentAgain: number;
  notSentAgain: number;
  /** How long its pictures are told to wait for their sound. */
  pictureDelayMs: number;
};

/** How fast packets leave, as a share of what the network is thought to carry: fast enough that pictures do not wait. */
const PACE = 2.5;
const DEFAULT_PROGRAM_BPS = 2_500_000;
/** A rate is what the fullest of so many seconds took. */
const PEAK_SECONDS = 5;
/** One who is too slow for the rendition that all slow ones share must not fill it with keyframes. */
const OWN_KEYFRAMES_EVERY_SAMPLES = SAMPLE_RATE_HZ;

/** Sends one viewer what its network carries: the program, or the live rendition while that is too much. */
export class Adaptation implements Adaptive {
  private readonly network: PeerNetwork;
  private readonly switch = new RenditionSwitch();
  private readonly pacer = new Pacer();
  private readonly lipSync = new LipSync();
  private readonly pause = new DrainPause();
  private readonly retransmitter: Retransmitter;
  private readonly seconds: number[] = [];
  private second = Number.NaN;
  private bytesOfSecond = 0;
  private keyframeWanted = false;
  private keyframeAskedSamples = Number.NEGATIVE_INFINITY;
  private nowSamples = 0;

  constructor(
    private readonly senders: RtpSenderPair,
    videoSender: RTCRtpSender,
    private readonly format: MediaFormat,
    private readonly onSwitch: (rendition: Rendition, why: string) => void,
  ) {
    this.network = new PeerNetwork(videoSender, format.video.bitrateBps ?? DEFAULT_PROGRAM_BPS);
    this.retransmitter = new Retransmitter(videoSender, (bytes) => {
      this.network.sent(bytes);
      this.pacer.spend(bytes);
    });
    senders.pacer = this.pacer;
    const delayId = playoutDelayId(videoSender);
    this.network.onFlood = () => {
      this.pause.begin(performance.now());
      this.abandon();
      senders.setPaused(true);
    };
    this.network.onArrivals = (arrivals) => {
      this.lipSync.arrived(arrivals);
      if (this.pause.reported(arrivals)) senders.setPaused(false);
      const delay = this.lipSync.playoutDelay;
      if (delayId === undefined || !delay) return;
      senders.videoExtensions = [{ id: delayId, payload: serializePlayoutDelay(delay) }];
    };
    senders.onSent = (packet, sender, mediaMs) => {
      const probe = packet.header.padding;
      const kind = probe ? 'probe' : sender === videoSender ? 'picture' : 'sound';
      this.network.sent(packet.payload.length, { kind, ms: mediaMs, last: packet.header.marker });
      if (probe) return;
      if (sender === videoSender) this.retransmitter.keep(packet);
      else this.pacer.spend(packet.payload.length);
    };
  }

  get rendition(): Rendition {
    return this.switch.goal;
  }

  get pictureBps(): number {
    return this.network.pictureBps;
  }

  asksForKeyframe(): boolean {
    if (this.switch.waiting) return true;
    const wanted = this.keyframeWanted || this.senders.awaitsKeyframe;
    if (!wanted || this.nowSamples - this.keyframeAskedSamples < OWN_KEYFRAMES_EVERY_SAMPLES) return false;
    this.keyframeAskedSamples = this.nowSamples;
    this.keyframeWanted = false;
    return true;
  }

  get figures(): AdaptationFigures {
    const { sentAgain, refused: notSentAgain } = this.retransmitter;
    const pictureDelayMs = this.lipSync.playoutDelay?.minMs ?? 0;
    return { ...this.network.figures, sentAgain, notSentAgain, pictureDelayMs: Math.round(pictureDelayMs) };
  }

  /** The other side asks for a keyframe. @returns false when it is not the program's */
  keyframeRequested(): boolean {
    if (this.rendition === 'program') return true;
    this.keyframeWanted = true;
    return false;
  }

  keyframeAt(rendition: Rendition, ptsSamples: number): void {
    this.switch.keyframeAt(rendition, ptsSamples);
  }

  /** A packet of the program; all of them come here, sent or not. */
  program(packet: EncodedPacket): void {
    this.nowSamples = packet.ptsSamples;
    this.measure(packet);
    const decided = this.network.look(this.peakBps);
    if (decided) {
      this.switch.goTo(decided.rendition);
      this.onSwitch(decided.rendition, decided.why);
      // What waits to be sent, or is missed, belongs to the rendition that did not fit.
      if (decided.rendition === 'live') this.abandon();
    }
    if (this.pause.expired(performance.now())) this.senders.setPaused(false);
    else if (this.pause.on) this.senders.probe();
    this.pacer.rateBps = this.network.targetBps * PACE;
    this.retransmitter.rateBps = this.network.targetBps;
    this.retransmitter.rttMs = this.network.rttMs;
    this.send('program', packet, this.format.video.extradata);
  }

  live(packet: EncodedPacket, parameterSets: Uint8Array | undefined): void {
    this.send('live', packet, parameterSets);
  }

  close(): void {
    this.pacer.clear();
  }

  private send(rendition: Rendition, packet: EncodedPacket, parameterSets: Uint8Array | undefined): void {
    const before = this.switch.sending;
    if (!this.switch.takes(rendition, packet)) return;
    if (rendition !== before) this.abandon();
    this.senders.video(packet, parameterSets);
  }

  private abandon(): void {
    this.lipSync.abandoned(samplesToMs(this.nowSamples));
    this.retransmitter.forget();
    this.pacer.clear();
  }

  private measure({ data, ptsSamples }: EncodedPacket): void {
    const second = Math.floor(ptsSamples / SAMPLE_RATE_HZ);
    if (second !== this.second) {
      if (!Number.isNaN(this.second)) this.seconds.push(this.bytesOfSecond);
      if (this.seconds.length > PEAK_SECONDS) this.seconds.shift();
      this.second = second;
      this.bytesOfSecond = 0;
    }
    this.bytesOfSecond += data.length + Math.ceil(data.length / MAX_PAYLOAD_BYTES) * PACKET_OVERHEAD_BYTES;
  }

  /** What the program's pictures took in the fullest of the last seconds; what they are meant to take while nothing is known. */
  private get peakBps(): number {
    // The first second may be less than one.
    if (this.seconds.length < 2) return this.format.video.bitrateBps ?? DEFAULT_PROGRAM_BPS;
    return Math.max(...this.seconds) * 8;
  }
}
