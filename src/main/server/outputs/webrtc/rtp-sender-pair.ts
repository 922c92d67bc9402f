import { randomInt } from 'node:crypto';
import { type RTCIceTransport, type RTCPeerConnection, type RTCRtpSender, RtpHeader, RtpPacket } from 'werift';
import { SAMPLE_RATE_HZ, samplesToVideoTicks, VIDEO_CLOCK_HZ } from '../../../../shared/units';
import type { VideoCodec } from '../../encode/video';
import type { EncodedPacket, MediaFormat } from '../output';
import type { Pacer } from './pacer';
import { h264Payloads, type Payload, vp8Payloads } from './payloads';
import { mapSenderReports, type RtpClock } from './sender-report';

/** RTCP feedback types, RFC 4585 and RFC 5104. */
const PAYLOAD_SPECIFIC_FEEDBACK = 206;
const FULL_INTRA_REQUEST = 4;
const STREAM_ID = 'herald';
/** Its last byte says how much of it is padding: all. */
const PADDING = Buffer.alloc(16);
PADDING.writeUInt8(PADDING.length, PADDING.length - 1);

/** Sequence number, timestamp origin and sender of one RTP stream. */
interface Stream {
  sender: RTCRtpSender;
  sequenceNumber: number;
  clock: RtpClock;
  elapsedTicks: number;
}

export type SenderFigures = {
  rtpPackets: number;
  rtpBytes: number;
  pli: number;
  fir: number;
  nack: number;
  /** Main-thread time spent packetising, encrypting and sending, ms. */
  sendMs: number;
};

export const newSenderFigures = (): SenderFigures => ({
  rtpPackets: 0,
  rtpBytes: 0,
  pli: 0,
  fir: 0,
  nack: 0,
  sendMs: 0,
});

/**
 * What sends a program over one connection, whoever made the offer: a video and an audio sender, with RTP timestamps that are
 * exactly the media clock's and sender reports that map them to wall time. Video begins at a keyframe: a receiver that joins a
 * running program can show nothing of what comes before it.
 */
export class RtpSenderPair {
  private videoStream: Stream | undefined;
  private audioStream: Stream | undefined;
  private parameterSets: Uint8Array | undefined;
  private pictureId = randomInt(0x7fff);
  private flowing = false;
  private paused = false;
  private keyframeSent = false;
  private lastHeard = { packets: 0, atMs: performance.now() };
  private readonly heard = new Map<RTCIceTransport, { packets: number }>();
  /** The other side asked for a keyframe (PLI or FIR). */
  onKeyframeRequest: () => void = () => {};
  /** A packet was handed to the transport; one without content is a probe. */
  onSent: (packet: RtpPacket, sender: RTCRtpSender, mediaMs: number) => void = () => {};
  /** RTP header extensions of what is sent from now on. */
  videoExtensions: { id: number; payload: Buffer }[] = [];
  /** What video waits for its turn in; without one all of a picture goes out at once. */
  pacer: Pacer | undefined;

  constructor(
    private readonly connection: RTCPeerConnection,
    private readonly videoCodec: VideoCodec,
    /** Counted up; may be shared by connections that follow one another. */
    readonly figures = newSenderFigures(),
  ) {}

  /** Makes every transceiver a sender of ours. Call when they exist and before the local description is made. */
  claimTransceivers(): void {
    for (const transceiver of this.connection.getTransceivers()) {
      transceiver.setDirection('sendonly');
      // One stream for both tracks: browsers sync only what shares a stream, and clients read `event.streams[0]`.
      transceiver.sender.streamIds = [STREAM_ID];
      if (transceiver.kind === 'video') this.listenForKeyframeRequests(transceiver.sender);
    }
  }

  /** From now on packets of this format may come. */
  start(format: MediaFormat): void {
    this.parameterSets = format.video.extradata;
    for (const transceiver of this.connection.getTransceivers()) {
      const video = transceiver.kind === 'video';
      const stream: Stream = {
        sender: transceiver.sender,
        sequenceNumber: randomInt(0x8000),
        clock: {
          firstTimestamp: randomInt(2 ** 31),
          clockRate: video ? VIDEO_CLOCK_HZ : SAMPLE_RATE_HZ,
          epochMs: format.epochMs,
        },
        elapsedTicks: 0,
      };
      mapSenderReports(stream.sender, stream.clock, () => stream.elapsedTicks);
      if (video) this.videoStream = stream;
      else this.audioStream = stream;
    }
  }

  /** Packets go out while the connection stands; what comes before or after is dropped. */
  setConnected(connected: boolean): void {
    this.flowing = connected;
    if (!connected) return;
    for (const transport of this.connection.iceTransports) this.hear(transport);
    this.silentForMs();
  }

  /** What comes meanwhile is left out; video goes on with a keyframe. */
  setPaused(paused: boolean): void {
    this.paused = paused;
    this.keyframeSent = false;
  }

  /** Sends a packet of video that carries nothing (RFC 3550 section 5.1, padding): receivers skip it and report on it. */
  probe(): void {
    if (this.videoStream)
      this.sendOne(this.videoStream, { data: PADDING, marker: false }, this.videoStream.elapsedTicks);
  }

  /** The RTP timestamps of what has this media time; absent until `start`, and for what the other side does not take. */
  timestampsAt(ptsSamples: number): { video?: number; audio?: number } {
    const { videoStream, audioStream } = this;
    const at = ({ clock }: Stream, ticks: number) => (clock.firstTimestamp + ticks) >>> 0;
    return {
      ...(videoStream && { video: at(videoStream, samplesToVideoTicks(ptsSamples)) }),
      ...(audioStream && { audio: at(audioStream, ptsSamples) }),
    };
  }

  /** Undefined until `start`, and where the other side takes no video. */
  get videoSender(): RTCRtpSender | undefined {
    return this.videoStream?.sender;
  }

  /** It is connected, and nothing is sent until a keyframe comes: none has been sent yet, or a picture was left out. */
  get awaitsKeyframe(): boolean {
    return this.sending && !this.keyframeSent;
  }

  private get sending(): boolean {
    return this.flowing && !this.paused;
  }

  /** Time since anything (RTCP, consent checks) was received from the other side, ms. */
  silentForMs(): number {
    let packets = 0;
    for (const transport of this.connection.iceTransports) {
      packets += this.heard.get(transport)?.packets ?? 0;
      for (const pair of transport.connection.checkList) packets += pair.requestsReceived + pair.responsesReceived;
    }
    const nowMs = performance.now();
    if (packets !== this.lastHeard.packets) this.lastHeard = { packets, atMs: nowMs };
    return nowMs - this.lastHeard.atMs;
  }

  /**
   * Counts what comes, whichever way. werift's own count leaves out what does not come to the socket of the pair that it nominated,
   * and where a machine has several addresses the other side (aiortc, for one) may well answer to another.
   */
  private hear(transport: RTCIceTransport): void {
    if (this.heard.has(transport)) return;
    const count = { packets: 0 };
    this.heard.set(transport, count);
    transport.connection.onData.subscribe(() => count.packets++);
  }

  /** @param parameterSets of the encoder that the packet comes from; what `start` was told unless said */
  video(packet: EncodedPacket, parameterSets = this.parameterSets): void {
    if (!this.videoStream || !this.sending) return;
    if (!this.keyframeSent && !packet.keyframe) return;
    this.keyframeSent = true;
    const startMs = performance.now();
    const payloads =
      this.videoCodec === 'h264'
        ? h264Payloads(packet.data, packet.keyframe ? parameterSets : undefined)
        : vp8Payloads(packet.data, (this.pictureId = (this.pictureId + 1) & 0x7fff));
    this.send(this.videoStream, payloads, samplesToVideoTicks(packet.ptsSamples));
    this.figures.sendMs += performance.now() - startMs;
  }

  audio(packet: EncodedPacket): void {
    if (!this.audioStream || !this.sending) return;
    const startMs = performance.now();
    this.send(this.audioStream, [{ data: Buffer.from(packet.data), marker: false }], packet.ptsSamples);
    this.figures.sendMs += performance.now() - startMs;
  }

  private send(stream: Stream, payloads: Payload[], ticks: number): void {
    const { pacer } = this;
    if (!pacer || stream !== this.videoStream) {
      for (const payload of payloads) this.sendOne(stream, payload, ticks);
      return;
    }
    const paced = payloads.map((payload) => ({
      bytes: payload.data.length,
      send: () => this.sendOne(stream, payload, ticks),
    }));
    // Nothing can be shown of what would come after a picture that is missing.
    if (!pacer.push(paced)) this.keyframeSent = false;
  }

  private sendOne(stream: Stream, { data, marker }: Payload, ticks: number): void {
    if (!this.flowing) return;
    stream.elapsedTicks = ticks;
    stream.sequenceNumber = (stream.sequenceNumber + 1) & 0xffff;
    const header = new RtpHeader({
      sequenceNumber: stream.sequenceNumber,
      timestamp: (stream.clock.firstTimestamp + ticks) >>> 0,
      marker,
      padding: data === PADDING,
      extensions: stream === this.videoStream ? this.videoExtensions : [],
    });
    const packet = new RtpPacket(header, data);
    this.figures.rtpPackets++;
    this.figures.rtpBytes += data.length;
    // A socket that cannot send is a dead peer: the silence check closes it.
    stream.sender.sendRtp(packet).catch(() => {});
    this.onSent(packet, stream.sender, (ticks / stream.clock.clockRate) * 1_000);
  }

  private listenForKeyframeRequests(sender: RTCRtpSender): void {
    sender.onPictureLossIndication.subscribe(() => {
      this.figures.pli++;
      this.onKeyframeRequest();
    });
    sender.onGenericNack.subscribe(() => this.figures.nack++);
    // A FIR names its target inside (its header's media SSRC is 0, RFC 5104 section 4.3.1.2), so werift's router, which reads
    // the header, never delivers it to the sender.
    sender.dtlsTransport.onRtcp.subscribe((packet) => {
      if (packet.type !== PAYLOAD_SPECIFIC_FEEDBACK) return;
      if ((packet as { feedback?: { count?: number } }).feedback?.count !== FULL_INTRA_REQUEST) return;
      this.figures.fir++;
      this.onKeyframeRequest();
    });
  }
}
