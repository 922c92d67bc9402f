import type { RTCPeerConnection } from 'werift';
import type { VideoCodec } from '../../encode/video';
import { track } from '../../metrics/native';
import type { MediaFormat } from '../output';
import { normaliseAnswer } from '../webrtc/answer';
import { DEAD_AFTER_SILENCE_MS, followConnection, type IceServer, openConnection } from '../webrtc/connection';
import { RtpSenderPair, type SenderFigures } from '../webrtc/rtp-sender-pair';
import { type Deadlines, publish, type WhipEndpoint, type WhipResource } from './whip-client';
import { WhipProblem } from './whip-problem';

export interface PublicationOptions extends WhipEndpoint {
  format: MediaFormat;
  iceServers: readonly IceServer[];
  /** Counters that go on from one publication to the next. */
  figures: SenderFigures;
  onKeyframeRequest: () => void;
  /** ICE servers that the server told of; werift gathers before it is asked, so they serve the next publication. */
  onIceServers: (servers: IceServer[]) => void;
  signal: AbortSignal;
  limits: PublicationLimits;
}

export interface PublicationLimits extends Deadlines {
  gatherMs: number;
  /** From the answer to the first packet that may go out. */
  connectMs: number;
  silenceMs: number;
}

export const PUBLICATION_LIMITS: PublicationLimits = {
  gatherMs: 5_000,
  postMs: 10_000,
  deleteMs: 2_000,
  connectMs: 10_000,
  silenceMs: DEAD_AFTER_SILENCE_MS,
};

const SILENCE_CHECK_MS = 500;

/** One connection to a WHIP server, from its offer to its DELETE. */
export class Publication {
  private readonly untrack = track('whip');
  private readonly connection: RTCPeerConnection;
  readonly senders: RtpSenderPair;
  private resource: WhipResource | undefined;
  private silenceCheck: NodeJS.Timeout | undefined;
  private closing: Promise<void> | undefined;
  private tellGone: (reason: string) => void = () => {};
  /** Resolves with why, when nothing more can be sent. */
  readonly gone = new Promise<string>((resolve) => (this.tellGone = resolve));

  private constructor(private readonly options: PublicationOptions) {
    const { format, iceServers, figures } = options;
    this.connection = openConnection({ iceServers, videoCodecs: [format.video.codec] });
    this.senders = new RtpSenderPair(this.connection, format.video.codec, figures);
    this.senders.onKeyframeRequest = options.onKeyframeRequest;
  }

  /**
   * Resolves once media flows.
   * @throws WhipProblem, or the signal's reason; nothing is left open then
   */
  static async open(options: PublicationOptions): Promise<Publication> {
    const publication = new Publication(options);
    try {
      await publication.connect();
      return publication;
    } catch (error) {
      await publication.close();
      throw error;
    }
  }

  /** Ends the stream at the server too. Takes a few seconds at most, and never throws. */
  close(): Promise<void> {
    this.closing ??= (async () => {
      clearInterval(this.silenceCheck);
      this.senders.setConnected(false);
      this.tellGone('closed');
      try {
        // First the DELETE: a server that only sees the connection end keeps the stream's name for a while.
        await this.resource?.remove();
        await this.connection.close();
      } catch {
        // werift throws where a socket is gone already.
      } finally {
        this.untrack();
      }
    })();
    return this.closing;
  }

  private async connect(): Promise<void> {
    const { connection, options } = this;
    const { format, signal, limits } = options;
    // Most servers, SRS among them, list the sound first.
    for (const kind of ['audio', 'video'] as const) connection.addTransceiver(kind, { direction: 'sendonly' });
    this.senders.claimTransceivers();
    const connected = new Promise<void>((resolve) => {
      followConnection(connection, { onConnected: resolve, onGone: this.tellGone });
    });
    const offer = await within(
      this.offer(),
      limits.gatherMs,
      signal,
      'No candidates were gathered: check --stun and --turn',
    );
    this.resource = await publish(options, offer, { signal, deadlines: limits });
    options.onIceServers(this.resource.iceServers);
    await this.accept(this.resource.answer, format.video.codec);
    const why =
      'The server answered, but no media connection came about: are its UDP ports open, and does it announce an address that this machine reaches?';
    const failed = this.gone.then(() => {
      throw new WhipProblem(why, { lasting: false });
    });
    await within(Promise.race([connected, failed]), limits.connectMs, signal, why);
    this.senders.start(format);
    this.senders.setConnected(true);
    this.silenceCheck = setInterval(() => {
      if (this.senders.silentForMs() > limits.silenceMs) this.tellGone('the server fell silent');
    }, SILENCE_CHECK_MS);
  }

  private async offer(): Promise<string> {
    const { connection } = this;
    await connection.setLocalDescription(await connection.createOffer());
    // Names in SDP are case-insensitive (RFC 8866 section 6.6), but not to every server.
    return connection.localDescription!.sdp.replaceAll('OPUS/48000', 'opus/48000');
  }

  private async accept(answer: string, codec: VideoCodec): Promise<void> {
    let sdp: string;
    try {
      sdp = normaliseAnswer(answer, codec);
    } catch (error) {
      throw new WhipProblem((error as Error).message);
    }
    try {
      await this.connection.setRemoteDescription({ type: 'answer', sdp });
    } catch (error) {
      throw new WhipProblem(`The server's answer cannot be used: ${error instanceof Error ? error.message : error}`);
    }
  }
}

async function within<T>(work: Promise<T>, limitMs: number, signal: AbortSignal, late: string): Promise<T> {
  let end: () => void = () => {};
  const limit = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(new WhipProblem(late, { lasting: false })), limitMs);
    const aborted = () => reject(signal.reason);
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
    end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
    };
  });
  work.catch(() => {});
  try {
    return await Promise.race([work, limit]);
  } finally {
    end();
  }
}
