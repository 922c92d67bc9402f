import { randomInt } from 'node:crypto';
import {
  RTCPeerConnection,
  RTCRtpCodecParameters,
  type RTCRtpSender,
  RtpHeader,
  RtpPacket,
  useFIR,
  useNACK,
  useOPUS,
  usePLI,
} from 'werift';
import { SAMPLE_RATE_HZ, samplesToVideoTicks, VIDEO_CLOCK_HZ } from '../../../../shared/units';
import type { VideoCodec } from '../../encode/video';
import { HeraldError } from '../../errors';
import { track } from '../../metrics/native';
import type { EncodedPacket, MediaFormat, Output } from '../output';
import type { NormalisedOffer } from './offer';
import { h264Payloads, type Payload, vp8Payloads } from './payloads';
import { mapSenderReports, type RtpClock } from './sender-report';

export interface IceServer {
  urls: string;
  username?: string;
  credential?: string;
}

export interface PeerOptions {
  iceServers: IceServer[];
  signal: AbortSignal;
}

export type PeerState = 'connecting' | 'connected' | 'closed';

/** Negotiation is local work plus, with STUN or TURN, one round trip to it. */
const NEGOTIATION_DEADLINE_MS = 5_000;
/** RTCP feedback types, RFC 4585 and RFC 5104. */
const PAYLOAD_SPECIFIC_FEEDBACK = 206;
const FULL_INTRA_REQUEST = 4;
const STREAM_ID = 'herald';

/** Sequence number, timestamp origin and sender of one RTP stream. */
interface Stream {
  sender: RTCRtpSender;
  sequenceNumber: number;
  clock: RtpClock;
  elapsedTicks: number;
}

/**
 * A WebRTC viewer (werift). Receives encoded packets and puts them on the wire with RTP timestamps that are exactly the media
 * clock's, and sender reports that map them to wall time.
 */
export class Peer implements Output {
  private readonly untrack = track('peer');
  private video_: Stream | undefined;
  private audio_: Stream | undefined;
  private parameterSets: Uint8Array | undefined;
  private pictureId = randomInt(0x7fff);
  private state_: PeerState = 'connecting';
  private lastHeard = { packets: 0, atMs: performance.now() };
  private closing: Promise<void> | undefined;
  readonly figures = {
    rtpPackets: 0,
    rtpBytes: 0,
    pli: 0,
    fir: 0,
    nack: 0,
    /** Main-thread time spent packetising, encrypting and sending, ms. */ sendMs: 0,
  };

  /** Called once, when media can flow. */
  onConnected: () => void = () => {};
  /** Called once, when the peer is gone for whatever reason, `close` included. */
  onClosed: (reason: string) => void = () => {};
  onKeyframeRequest: () => void = () => {};

  private constructor(
    private readonly connection: RTCPeerConnection,
    readonly videoCodec: VideoCodec,
  ) {}

  /**
   * Answers an offer (complete, no trickle).
   * @throws HeraldError 'malformed' when it cannot be answered. Nothing is left open then.
   */
  static async negotiate(offer: NormalisedOffer, options: PeerOptions): Promise<{ peer: Peer; answer: string }> {
    const connection = new RTCPeerConnection({
      codecs: { audio: [useOPUS()], video: videoCodecs() },
      iceServers: options.iceServers,
      iceUseIpv6: false,
      // Without it a viewer on this machine could not connect when the network is down.
      iceAdditionalHostAddresses: ['127.0.0.1'],
      bundlePolicy: 'max-bundle',
    });
    const peer = new Peer(connection, offer.videoCodec);
    try {
      const answer = await withDeadline(peer.answer(offer.sdp), options.signal);
      return { peer, answer };
    } catch (error) {
      await peer.close('negotiation failed');
      if (error instanceof HeraldError) throw error;
      throw new HeraldError(
        'malformed',
        `The SDP offer cannot be used: ${error instanceof Error ? error.message : error}`,
      );
    }
  }

  get state(): PeerState {
    return this.state_;
  }

  /** Time since anything (RTCP, consent checks) was received from the other side. */
  silentForMs(): number {
    let packets = 0;
    for (const transport of this.connection.iceTransports) {
      const pair = transport.connection.nominated;
      if (pair) packets += pair.packetsReceived + pair.requestsReceived + pair.responsesReceived;
    }
    const nowMs = performance.now();
    if (packets !== this.lastHeard.packets) this.lastHeard = { packets, atMs: nowMs };
    return nowMs - this.lastHeard.atMs;
  }

  async start(format: MediaFormat): Promise<void> {
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
      if (video) this.video_ = stream;
      else this.audio_ = stream;
    }
  }

  video(packet: EncodedPacket): void {
    if (!this.video_) return;
    const startMs = performance.now();
    const payloads =
      this.videoCodec === 'h264'
        ? h264Payloads(packet.data, packet.keyframe ? this.parameterSets : undefined)
        : vp8Payloads(packet.data, (this.pictureId = (this.pictureId + 1) & 0x7fff));
    this.send(this.video_, payloads, samplesToVideoTicks(packet.ptsSamples));
    this.figures.sendMs += performance.now() - startMs;
  }

  audio(packet: EncodedPacket): void {
    if (!this.audio_) return;
    const startMs = performance.now();
    this.send(this.audio_, [{ data: Buffer.from(packet.data), marker: false }], packet.ptsSamples);
    this.figures.sendMs += performance.now() - startMs;
  }

  close(reason = 'closed'): Promise<void> {
    this.closing ??= (async () => {
      this.setClosed(reason);
      try {
        await this.connection.close();
      } finally {
        this.untrack();
      }
    })();
    return this.closing;
  }

  private async answer(sdp: string): Promise<string> {
    const { connection } = this;
    connection.connectionStateChange.subscribe((state) => {
      if (state === 'connected' && this.state_ === 'connecting') {
        this.state_ = 'connected';
        this.silentForMs();
        this.onConnected();
      } else if (state === 'closed' || state === 'failed' || state === 'disconnected') {
        void this.close(`peer ${state}`);
      }
    });
    await connection.setRemoteDescription({ type: 'offer', sdp });
    for (const transceiver of connection.getTransceivers()) {
      transceiver.setDirection('sendonly');
      // One stream for both tracks: browsers sync only what shares a stream, and clients read `event.streams[0]`.
      transceiver.sender.streamIds = [STREAM_ID];
      if (transceiver.kind === 'video') this.listenForKeyframeRequests(transceiver.sender);
    }
    await connection.setLocalDescription(await connection.createAnswer());
    // A peer that closes says so in DTLS (close_notify); werift notes it on the transport but not on the connection.
    for (const transport of connection.dtlsTransports) {
      transport.onStateChange.subscribe((state) => {
        if (state === 'closed' || state === 'failed') void this.close('closed by its viewer');
      });
    }
    const answer = connection.localDescription?.sdp;
    if (!answer) throw new HeraldError('malformed', 'The SDP offer cannot be used: no answer could be made');
    return answer;
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

  private send(stream: Stream, payloads: Payload[], ticks: number): void {
    if (this.state_ !== 'connected') return;
    stream.elapsedTicks = ticks;
    for (const { data, marker } of payloads) {
      stream.sequenceNumber = (stream.sequenceNumber + 1) & 0xffff;
      const header = new RtpHeader({
        sequenceNumber: stream.sequenceNumber,
        timestamp: (stream.clock.firstTimestamp + ticks) >>> 0,
        marker,
      });
      this.figures.rtpPackets++;
      this.figures.rtpBytes += data.length;
      // A socket that cannot send is a dead peer: the silence check closes it.
      stream.sender.sendRtp(new RtpPacket(header, data)).catch(() => {});
    }
  }

  private setClosed(reason: string): void {
    if (this.state_ === 'closed') return;
    this.state_ = 'closed';
    this.onClosed(reason);
  }
}

function videoCodecs(): RTCRtpCodecParameters[] {
  const rtcpFeedback = [useNACK(), usePLI(), useFIR()];
  return [
    new RTCRtpCodecParameters({
      mimeType: 'video/H264',
      clockRate: VIDEO_CLOCK_HZ,
      rtcpFeedback,
      parameters: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
    }),
    new RTCRtpCodecParameters({ mimeType: 'video/VP8', clockRate: VIDEO_CLOCK_HZ, rtcpFeedback }),
    new RTCRtpCodecParameters({ mimeType: 'video/rtx', clockRate: VIDEO_CLOCK_HZ }),
  ];
}

async function withDeadline<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort = () => {};
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(new HeraldError('malformed', 'The SDP offer could not be answered within 5 s; check --stun and --turn')),
      NEGOTIATION_DEADLINE_MS,
    );
    onAbort = () => reject(new HeraldError('malformed', 'The request was cancelled'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    work.catch(() => {});
  }
}
