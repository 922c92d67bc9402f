import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionSummary } from '../../../shared/protocol';
import { say } from '../../../shared/told';
import type { Actions } from '../avatar/actions';
import type { AvatarLibrary } from '../avatar/library';
import { HeraldError } from '../errors';
import { DEAD_AFTER_SILENCE_MS } from '../outputs/webrtc/connection';
import { type NormalisedOffer, normaliseOffer } from '../outputs/webrtc/offer';
import { type IceServer, Peer } from '../outputs/webrtc/peer';
import type { OfferAnswer, OfferInput, OpenInput, SessionDirectory, SessionHandle } from './api';
import { Session, type SessionParts, type SessionServices } from './session';

export interface RegistryOptions {
  maxSessions: number;
  defaultAvatar: string;
  iceServers: IceServer[];
  /** How long a session without a viewer lives when nobody makes use of it; 10 minutes. */
  unusedMs?: number;
}

/** Studio sessions do not count towards max_session, but a machine is not endless. */
const MAX_STUDIO_SESSIONS = 8;
const REAP_EVERY_MS = 500;
/** An answered offer whose client never connects gives its place back. */
const CONNECT_WITHIN_MS = 10_000;
/** A session without a viewer that nobody records, takes anywhere or lets speak. */
const UNUSED_MS = 600_000;
/** At the limit: how long an offer waits, and how long a session must have been silent to be displaced (a page refresh). */
const WAIT_FOR_PLACE_MS = 3_000;
const DISPLACE_AFTER_SILENCE_MS = 2_500;
const PLACE_POLL_MS = 100;
const WITHOUT_CHANNEL =
  "visemes: the SDP offer has no data channel; call createDataChannel('visemes') before createOffer, or use /sse?visemes=true";

/** All sessions of a server: places, ids, and the reaping of those whose viewer is gone. */
export class SessionRegistry implements SessionDirectory {
  private readonly sessions = new Map<number, Session>();
  private readonly building = { api: 0, studio: 0 };
  private readonly reaper = setInterval(() => this.reap(), REAP_EVERY_MS).unref();
  private closed = false;

  constructor(
    private readonly options: RegistryOptions,
    private readonly services: SessionServices,
    private readonly avatars: AvatarLibrary,
    private readonly actions?: Actions,
  ) {}

  async offer(input: OfferInput): Promise<OfferAnswer> {
    const offer = normaliseOffer(input.sdp); // garbage is refused before it takes a place
    if (input.visemes && !offer.dataChannels) throw new HeraldError('malformed', WITHOUT_CHANNEL);
    const release = await this.takePlace(input);
    try {
      return await this.build(input, offer);
    } finally {
      release();
    }
  }

  async open({ voice, videoBitrateBps, record, signal, ...shown }: OpenInput): Promise<number> {
    const release = await this.takePlace({ studio: false, signal });
    try {
      const session = await this.onAir(shown, { id: this.freeId(), voice, videoBitrateBps });
      if (signal.aborted) {
        await session.close('whoever asked for it went away');
        throw new HeraldError('malformed', 'The request was cancelled');
      }
      if (record) {
        await session.startRecording().catch(async (error: unknown) => {
          await session.close('it could not be recorded');
          throw error;
        });
      }
      return session.id;
    } finally {
      release();
    }
  }

  /** The push modes: a session that begins with the server and stays until it is closed, used or not. */
  launch(id: number): Promise<SessionHandle> {
    return this.onAir({}, { id, lasting: true });
  }

  get(sessionId: number): SessionHandle | undefined {
    return this.sessions.get(sessionId);
  }

  list(): SessionSummary[] {
    return [...this.sessions.values()].map((session) => session.summary);
  }

  figures(): Record<string, Record<string, number>> {
    return Object.fromEntries([...this.sessions.values()].map((session) => [session.id, session.figures()]));
  }

  /** Tells every session's listeners what happened to a part that all of them share. */
  tell(part: string, message: string): void {
    for (const session of this.sessions.values()) session.tell(part, message);
  }

  async close(sessionId: number, reason: string): Promise<boolean> {
    const session = this.sessions.get(sessionId);
    if (!session) return false;
    await session.close(reason);
    return true;
  }

  async closeAll(): Promise<void> {
    this.closed = true;
    clearInterval(this.reaper);
    await Promise.all([...this.sessions.values()].map((session) => session.close('the server is stopping')));
  }

  private async build(input: OfferInput, offer: NormalisedOffer): Promise<OfferAnswer> {
    const { background } = input;
    const avatar = await this.avatars.open(input.avatar ?? this.options.defaultAvatar, { background });
    let peer: Peer | undefined;
    try {
      const performances = await this.actions?.forSession(avatar, input.customConfig);
      const { iceServers } = this.options;
      const { visemes = false, signal } = input;
      const negotiated = await Peer.negotiate(offer, { iceServers, visemes, signal });
      peer = negotiated.peer;
      if (this.closed) throw new HeraldError('limit', 'The server is stopping', 1);
      const { studio, voice } = input;
      const parts = { id: this.freeId(), avatar, peer, studio, voice, performances };
      return { sdp: negotiated.answer, sessionId: this.begin(parts).id };
    } catch (error) {
      await peer?.close('the session could not be built');
      avatar.release();
      throw error;
    }
  }

  /** A session without a viewer, once it has its encoders. */
  private async onAir(
    { avatar: id, background }: Pick<OpenInput, 'avatar' | 'background'>,
    more: Omit<SessionParts, 'avatar' | 'studio'>,
  ): Promise<Session> {
    const avatar = await this.avatars.open(id ?? this.options.defaultAvatar, { background });
    let session: Session;
    try {
      const performances = await this.actions?.forSession(avatar, undefined);
      if (this.closed) throw new HeraldError('limit', 'The server is stopping', 1);
      session = this.begin({ avatar, studio: false, performances, ...more });
    } catch (error) {
      avatar.release();
      throw error;
    }
    await session.ready();
    if (session.isClosed) throw new HeraldError('refused', "the encoders could not be opened: Herald's log says why");
    return session;
  }

  private begin(parts: SessionParts): Session {
    const session = new Session(parts, this.services, (gone) => this.sessions.delete(gone.id));
    this.sessions.set(session.id, session);
    return session;
  }

  /** Waits for a place; the returned function ends the building phase, in which the place is held by a count. */
  private async takePlace({ studio, signal }: Pick<OfferInput, 'studio' | 'signal'>): Promise<() => void> {
    const kind = studio ? 'studio' : 'api';
    const most = studio ? MAX_STUDIO_SESSIONS : this.options.maxSessions;
    const taken = () => this.building[kind] + this.of(studio).length;
    for (const startedMs = performance.now(); taken() >= most; await sleep(PLACE_POLL_MS)) {
      if (signal.aborted) throw new HeraldError('malformed', 'The request was cancelled');
      const silent = this.of(studio)
        .map((session) => ({ session, silentMs: session.peer?.silentForMs() ?? 0 }))
        .filter(({ silentMs }) => silentMs >= DISPLACE_AFTER_SILENCE_MS)
        .sort((a, b) => b.silentMs - a.silentMs)[0];
      if (silent) await silent.session.close('displaced: its viewer was silent and someone else is waiting');
      else if (performance.now() - startedMs >= WAIT_FOR_PLACE_MS) {
        throw new HeraldError('limit', say('session.full', { places: `${taken()}/${most}` }), 2);
      }
    }
    this.building[kind]++;
    return () => this.building[kind]--;
  }

  private of(studio: boolean): Session[] {
    return [...this.sessions.values()].filter((session) => session.studio === studio);
  }

  private freeId(): number {
    for (;;) {
      const id = randomInt(100_000, 1_000_000);
      if (!this.sessions.has(id)) return id;
    }
  }

  private reap(): void {
    for (const session of this.sessions.values()) {
      if (session.isClosed) continue;
      const { peer } = session;
      if (!peer) {
        const unused = !session.lasting && session.idleForMs() > (this.options.unusedMs ?? UNUSED_MS);
        if (unused) void session.close('nobody made use of it');
        continue;
      }
      const connecting = peer.state === 'connecting';
      if (connecting && Date.now() - session.startedAtMs > CONNECT_WITHIN_MS) void session.close('never connected');
      else if (!connecting && peer.silentForMs() > DEAD_AFTER_SILENCE_MS) void session.close('viewer gone');
    }
  }
}
