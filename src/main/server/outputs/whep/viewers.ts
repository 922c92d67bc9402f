import { randomUUID } from 'node:crypto';
import type { VisemePicture } from '../../../../shared/viseme-protocol';
import { HeraldError } from '../../errors';
import type { Log } from '../../log';
import type { SessionHandle } from '../../session/api';
import { DEAD_AFTER_SILENCE_MS, type IceServer } from '../webrtc/connection';
import { normaliseOffer } from '../webrtc/offer';
import { Peer } from '../webrtc/peer';

/**
 * Each viewer costs packetising, encryption and a socket of its own, about 20 CPU-ms a second: beyond a hundred it is one core and
 * more, and the speech of every session suffers. A larger audience belongs to an SFU or CDN that is fed by WHIP or RTMP.
 */
export const MAX_VIEWERS_PER_SESSION = 100;
const REAP_EVERY_MS = 500;
/** An answered offer whose client never connects gives its place back. */
const CONNECT_WITHIN_MS = 10_000;

export interface WhepLimits {
  viewersPerSession: number;
  connectWithinMs: number;
  silenceMs: number;
}

const LIMITS: WhepLimits = {
  viewersPerSession: MAX_VIEWERS_PER_SESSION,
  connectWithinMs: CONNECT_WITHIN_MS,
  silenceMs: DEAD_AFTER_SILENCE_MS,
};

interface Viewer {
  sessionId: number;
  peer: Peer;
  sinceMs: number;
}

/**
 * Those who watch running sessions without being one (WHEP): each is a peer attached to a session's program, so that all of them
 * share its encoders. They leave by themselves, when they fall silent, or with the session; none of them ends it.
 */
export class WhepViewers {
  private readonly viewers = new Map<string, Viewer>();
  private readonly joining = new Map<number, number>();
  private readonly reaper = setInterval(() => this.reap(), REAP_EVERY_MS).unref();

  constructor(
    private readonly iceServers: readonly IceServer[],
    private readonly log: Log,
    private readonly limits: WhepLimits = LIMITS,
  ) {}

  /**
   * Answers an offer (complete, no trickle) with the program of this session.
   * @throws HeraldError 'malformed' (CodecNotOffered among them); 'limit' when it is full or has no picture yet
   */
  async join(session: SessionHandle, sdp: string, signal: AbortSignal): Promise<{ viewerId: string; answer: string }> {
    const offer = normaliseOffer(sdp, session.videoCodec);
    const { viewersPerSession } = this.limits;
    if (this.count(session.id) + (this.joining.get(session.id) ?? 0) >= viewersPerSession) {
      const message = `session ${session.id} has ${viewersPerSession} viewers, as many as it can: push it to an SFU or CDN for more`;
      throw new HeraldError('limit', message, 10);
    }
    this.joining.set(session.id, (this.joining.get(session.id) ?? 0) + 1);
    try {
      const { peer, answer } = await Peer.negotiate(offer, {
        iceServers: this.iceServers,
        signal,
        kind: 'whep',
        // Whoever opens a channel of that name asks for them by it: a standard player opens none.
        visemes: offer.dataChannels,
      });
      return { viewerId: await this.admit(session, peer, signal), answer };
    } finally {
      const others = this.joining.get(session.id)! - 1;
      if (others > 0) this.joining.set(session.id, others);
      else this.joining.delete(session.id);
    }
  }

  /** Resolves with false when there is no such viewer. */
  async leave(sessionId: number, viewerId: string): Promise<boolean> {
    const viewer = this.viewers.get(viewerId);
    if (viewer?.sessionId !== sessionId) return false;
    await viewer.peer.close('left');
    return true;
  }

  /** Pictures of visemes with the timestamps that this viewer is sent; undefined when there is no such viewer. */
  timed(sessionId: number, viewerId: string): ((picture: VisemePicture) => VisemePicture) | undefined {
    const viewer = this.viewers.get(viewerId);
    if (viewer?.sessionId !== sessionId) return undefined;
    return (picture) => timedFor(viewer.peer, picture);
  }

  count(sessionId: number): number {
    let count = 0;
    for (const viewer of this.viewers.values()) if (viewer.sessionId === sessionId) count++;
    return count;
  }

  async close(): Promise<void> {
    clearInterval(this.reaper);
    await Promise.allSettled([...this.viewers.values()].map(({ peer }) => peer.close('the server is stopping')));
  }

  private async admit(session: SessionHandle, peer: Peer, signal: AbortSignal): Promise<string> {
    const viewerId = randomUUID();
    let detach: () => Promise<void> = () => peer.close();
    try {
      // Before it is connected, so that one who comes to a session without a picture is told so in the reply.
      detach = await session.attach(peer);
      signal.throwIfAborted();
      if (peer.state === 'closed') throw new HeraldError('malformed', 'The viewer left while it was being answered');
    } catch (error) {
      await detach();
      if (error instanceof HeraldError && error.kind === 'refused') throw new HeraldError('limit', error.message, 2);
      throw error;
    }
    this.viewers.set(viewerId, { sessionId: session.id, peer, sinceMs: performance.now() });
    const log = this.log.child({ session: session.id });
    peer.onVisemes = (channel) =>
      channel.closeWith(session.visemes.subscribe((picture) => channel.send(timedFor(peer, picture))));
    peer.onKeyframeRequest = () => session.requestKeyframe();
    peer.onRendition = (rendition, why) =>
      log.info({ rendition }, `viewer ${viewerId.slice(0, 8)} is sent ${rendition}: ${why}`);
    peer.onConnected = () => {
      log.info(`viewer ${this.count(session.id)} watches (WHEP)`);
      // The one that `attach` asked for is gone by now.
      session.requestKeyframe();
    };
    peer.onClosed = (reason) => {
      this.viewers.delete(viewerId);
      log.info(`a viewer (WHEP) is gone: ${reason}; ${this.count(session.id)} left`);
      void detach();
    };
    if (peer.state === 'connected') peer.onConnected();
    return viewerId;
  }

  private reap(): void {
    const nowMs = performance.now();
    for (const { peer, sinceMs } of this.viewers.values()) {
      const connecting = peer.state === 'connecting';
      if (connecting && nowMs - sinceMs > this.limits.connectWithinMs) void peer.close('never connected');
      else if (!connecting && peer.silentForMs() > this.limits.silenceMs) void peer.close('silent');
    }
  }
}

/** A picture knows the timestamps of its session's own viewer; those of every other one begin somewhere else (RFC 3550 section 5.1). */
const timedFor = (peer: Peer, picture: VisemePicture): VisemePicture => ({
  ...picture,
  rtp: peer.rtpAt(picture.ptsSamples),
});
