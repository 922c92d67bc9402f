import type { RTCPeerConnection } from 'werift';
import type { VideoCodec } from '../../encode/video';
import { HeraldError } from '../../errors';
import { track } from '../../metrics/native';
import type { EncodedPacket, MediaFormat, Output, Rendition } from '../output';
import { Adaptation, type AdaptationFigures } from './adaptation';
import { followConnection, type IceServer, openConnection } from './connection';
import type { NormalisedOffer } from './offer';
import { RtpSenderPair, type SenderFigures } from './rtp-sender-pair';
import { VISEME_CHANNEL, VisemeChannel } from './viseme-channel';

export type { IceServer } from './connection';

export interface PeerOptions {
  iceServers: readonly IceServer[];
  /** Whether it came with a session of its own ('webrtc', the default) or joined a running one. */
  kind?: 'webrtc' | 'whep';
  /** Whether it may open a data channel for visemes. */
  visemes?: boolean;
  signal: AbortSignal;
}

export type PeerState = 'connecting' | 'connected' | 'closed';

/** Negotiation is local work plus, with STUN or TURN, one round trip to it. */
const NEGOTIATION_DEADLINE_MS = 5_000;

/** A WebRTC viewer (werift): it made an offer, and is sent the program that it is attached to. */
export class Peer implements Output {
  private readonly untrack = track('peer');
  private readonly senders: RtpSenderPair;
  private state_: PeerState = 'connecting';
  private closing: Promise<void> | undefined;

  /** Called once, when media can flow. */
  onConnected: () => void = () => {};
  /** Called once, when the peer is gone for whatever reason, `close` included. */
  onClosed: (reason: string) => void = () => {};
  onKeyframeRequest: () => void = () => {};
  /** It is about to be sent another rendition, and why. */
  onRendition: (rendition: Rendition, why: string) => void = () => {};
  /** It has opened a data channel for visemes. */
  onVisemes: (channel: VisemeChannel) => void = () => {};
  private adaptation: Adaptation | undefined;
  private visemes: VisemeChannel | undefined;

  private constructor(
    private readonly connection: RTCPeerConnection,
    readonly videoCodec: VideoCodec,
    readonly kind: 'webrtc' | 'whep',
  ) {
    this.senders = new RtpSenderPair(connection, videoCodec);
    this.senders.onKeyframeRequest = () => {
      if (this.adaptation?.keyframeRequested() ?? true) this.onKeyframeRequest();
    };
  }

  /**
   * Answers an offer (complete, no trickle).
   * @throws HeraldError 'malformed' when it cannot be answered. Nothing is left open then.
   */
  static async negotiate(offer: NormalisedOffer, options: PeerOptions): Promise<{ peer: Peer; answer: string }> {
    const connection = openConnection({
      iceServers: options.iceServers,
      videoCodecs: ['h264', 'vp8'],
      congestionFeedback: true,
    });
    const peer = new Peer(connection, offer.videoCodec, options.kind ?? 'webrtc');
    if (options.visemes) peer.awaitVisemeChannel();
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

  get figures(): SenderFigures & Partial<AdaptationFigures> {
    return { ...this.senders.figures, ...this.adaptation?.figures };
  }

  /** Undefined until it is started. */
  get adaptive(): Adaptation | undefined {
    return this.adaptation;
  }

  /** Time since anything (RTCP, consent checks) was received from the other side, ms. */
  silentForMs(): number {
    return this.senders.silentForMs();
  }

  /** The RTP timestamps that this moment of the program has in what it is sent. */
  rtpAt(ptsSamples: number): { video?: number; audio?: number } {
    return this.senders.timestampsAt(ptsSamples);
  }

  async start(format: MediaFormat): Promise<void> {
    this.senders.start(format);
    const sender = this.senders.videoSender;
    if (!sender) return;
    this.adaptation = new Adaptation(this.senders, sender, format, (rendition, why) =>
      this.onRendition(rendition, why),
    );
  }

  video(packet: EncodedPacket): void {
    this.adaptation?.program(packet);
  }

  audio(packet: EncodedPacket): void {
    this.senders.audio(packet);
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
    await connection.setRemoteDescription({ type: 'offer', sdp });
    this.senders.claimTransceivers();
    followConnection(connection, {
      onConnected: () => {
        if (this.state_ !== 'connecting') return;
        this.state_ = 'connected';
        this.senders.setConnected(true);
        this.onConnected();
      },
      onGone: (reason) => void this.close(reason),
    });
    await connection.setLocalDescription(await connection.createAnswer());
    const answer = connection.localDescription?.sdp;
    if (!answer) throw new HeraldError('malformed', 'The SDP offer cannot be used: no answer could be made');
    return answer;
  }

  /** One is enough: whoever opens a hundred does not get the pictures a hundred times. */
  private awaitVisemeChannel(): void {
    this.connection.onDataChannel.subscribe((channel) => {
      if (channel.label !== VISEME_CHANNEL || this.visemes || this.state_ === 'closed') return;
      this.visemes = new VisemeChannel(channel);
      this.onVisemes(this.visemes);
    });
  }

  private setClosed(reason: string): void {
    if (this.state_ === 'closed') return;
    this.state_ = 'closed';
    this.senders.setConnected(false);
    this.adaptation?.close();
    this.visemes?.close();
    this.onClosed(reason);
  }
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
