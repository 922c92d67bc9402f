import type { SessionEvent } from '../../shared/protocol';
import { applyEvent, clearCaption, lineOfError, settle } from '../store/events';
import { abandonLines } from '../store/lines';
import { usePreferences } from '../store/preferences';
import { leaveSession } from '../store/stagecraft';
import type { Connection } from '../store/state';
import { apply, useStudio } from '../store/studio';
import { learnSession } from '../store/studio-actions';
import { toastError, toastKept, toastSaved } from '../store/toasts';
import { refreshVoices } from '../store/voice-actions';
import { backoffMs, queueWaitMs } from './backoff';
import { followEvents } from './events';
import { ApiError, closeSession, serverAnswers } from './http';
import { connectPeer, MediaPathError, type Peer } from './peer';
import { type Counters, NO_FIGURES, readStats, StallWatch, type StatsEntry } from './stats';

/** ICE may recover from a short gap by itself; longer than this, a new connection is faster. */
const DISCONNECTED_MS = 3_000;
const STALL_MS = 4_000;
const POLL_MS = 1_000;
const CAPTION_LINGER_MS = 1_500;
/** A voice that needs longer than this between two sentences has most likely nothing more to say. */
const SETTLE_MS = 6_000;

/** The reason in a `closed` event when somebody closed the session on purpose: then the page must not come back by itself. */
const CLOSED_ON_PURPOSE = 'closed by a client';

type StreamListener = (stream: MediaStream) => void;
type EventListener = (event: SessionEvent) => void;

/**
 * Keeps the page on the air: connects, notices when the connection is gone, and comes back with back-off, until
 * `disconnect`. The one place that moves `connection` in the store.
 */
export class StudioConnection {
  /** The loop that is in charge; null when disconnected. A loop that is no longer it ends without touching anything. */
  private active: symbol | null = null;
  private current: AbortController | null = null;
  private sessionId: number | null = null;
  private everConnected = false;
  private wake: (() => void) | null = null;
  private readonly listeners = new Set<StreamListener>();
  private readonly eventListeners = new Set<EventListener>();
  private lastStream: MediaStream | null = null;

  /** Calls back with the stream of every new connection, and with the present one at once. */
  onStream(listener: StreamListener): () => void {
    this.listeners.add(listener);
    if (this.lastStream) listener(this.lastStream);
    return () => this.listeners.delete(listener);
  }

  /** Calls back with every event of the session, once the page's state has taken it in. */
  onSessionEvent(listener: EventListener): () => void {
    this.eventListeners.add(listener);
    return () => this.eventListeners.delete(listener);
  }

  connect(): void {
    if (this.active) {
      this.retryNow();
      return;
    }
    this.everConnected = false;
    void this.run((this.active = Symbol('loop')));
  }

  /** Opens a new session in place of the present one, for something that only an offer can ask for. */
  reconnect(): void {
    this.leave();
    this.connect();
  }

  disconnect(): void {
    this.leave();
    this.show({ phase: 'offline', attempt: 0, retryAtMs: null });
  }

  /** Ends the wait before the next try. */
  retryNow(): void {
    this.wake?.();
  }

  /** The page is going away: nothing may wait, the request outlives the page. */
  leave(): void {
    this.active = null;
    this.drop();
    this.wake?.();
  }

  private async run(loop: symbol): Promise<void> {
    for (let attempt = 1; this.active === loop; attempt++) {
      const controller = new AbortController();
      this.current = controller;
      const queued = useStudio.getState().connection.phase === 'queued';
      this.show({
        phase: this.everConnected ? 'reconnecting' : queued ? 'queued' : 'connecting',
        attempt,
        retryAtMs: null,
      });
      let waitMs: number;
      try {
        const peer = await connectPeer({
          avatar: usePreferences.getState().avatar,
          signal: controller.signal,
          onSession: (id) => (this.sessionId = id),
        });
        this.everConnected = true;
        attempt = 0;
        await this.stay(peer, controller.signal);
        waitMs = 0;
      } catch (error) {
        if (this.active !== loop) return;
        const next = this.afterFailure(error, attempt);
        if (next === 'stop') {
          this.leave();
          return;
        }
        waitMs = next;
      }
      if (this.active !== loop) return;
      this.drop();
      if (waitMs > 0) await this.pause(waitMs);
    }
  }

  /** How long to wait before the next try, or 'stop' where trying again cannot help. */
  private afterFailure(error: unknown, attempt: number): number | 'stop' {
    if (error instanceof ApiError && error.status === 503) {
      this.show({ phase: 'queued' });
      return queueWaitMs(error.retryAfterS);
    }
    // The presenter chosen earlier was removed or broken since: the show goes on with another.
    if (error instanceof ApiError && error.status === 400 && usePreferences.getState().avatar !== null) {
      toastError('error.avatar', error);
      usePreferences.setState({ avatar: null });
      return 0;
    }
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
      this.show({ phase: 'refused', attempt: 0, retryAtMs: null });
      return 'stop';
    }
    if (typeof RTCPeerConnection === 'undefined') {
      toastError('stage.offline', error, 'error.webrtc');
      this.show({ phase: 'offline', attempt: 0, retryAtMs: null });
      return 'stop';
    }
    if (error instanceof MediaPathError) toastError('stage.reconnecting', error, 'error.media');
    // A server that answered and refused for another reason has said why: show it once per message.
    else if (error instanceof ApiError && error.message) toastError('stage.reconnecting', error);
    return backoffMs(attempt);
  }

  /** On the air until the connection is lost or given up. */
  private async stay(peer: Peer, signal: AbortSignal): Promise<void> {
    this.lastStream = peer.stream;
    for (const listener of this.listeners) listener(peer.stream);
    this.show({ phase: 'connected', attempt: 0, retryAtMs: null, sessionId: peer.sessionId });
    // A new session starts in mode 0 and silent.
    useStudio.setState({ audiotype: 0, speakingTurn: null, voice: null });
    void refreshVoices();
    void learnSession(peer.sessionId);
    let polling: ReturnType<typeof setInterval> | undefined;
    let gap: ReturnType<typeof setTimeout> | undefined;
    let events: { close(): void } | undefined;
    try {
      await new Promise<void>((lost) => {
        signal.addEventListener('abort', () => lost());
        events = followEvents(peer.sessionId, {
          event: (event) => {
            this.onEvent(event);
            if (event.status !== 'closed') return;
            if (event.reason === CLOSED_ON_PURPOSE) this.disconnect();
            lost();
          },
          trouble: () => void serverAnswers().then((yes) => yes || lost()),
        });
        peer.pc.addEventListener('connectionstatechange', () => {
          clearTimeout(gap);
          const state = peer.pc.connectionState;
          if (state === 'failed' || state === 'closed') lost();
          if (state === 'disconnected') gap = setTimeout(lost, DISCONNECTED_MS);
        });
        polling = setInterval(poll(peer.pc, lost), POLL_MS);
      });
    } finally {
      clearInterval(polling);
      clearTimeout(gap);
      events?.close();
      peer.pc.close();
      // A session that ends takes its recording along; the server keeps what there is.
      if (useStudio.getState().taping !== null) toastKept();
      apply(abandonLines);
      apply(leaveSession);
      useStudio.setState({ figures: NO_FIGURES });
    }
  }

  private onEvent(event: SessionEvent): void {
    // Asked before the line has taken it in: what has no line to stand in is told above the page.
    const homeless = event.status === 'error' && !lineOfError(useStudio.getState(), event);
    apply(applyEvent, event, performance.now());
    for (const listener of this.eventListeners) listener(event);
    if (event.status === 'end') {
      const { caption, lines } = useStudio.getState();
      setTimeout(() => apply(clearCaption, caption), CAPTION_LINGER_MS);
      const sentences = lines.find((line) => line.turn === event.turn)?.sentences;
      if (sentences !== undefined) setTimeout(() => apply(settle, event.turn, sentences), SETTLE_MS);
    }
    if (event.status === 'error') {
      if (homeless) toastError('error.part', new ApiError(200, event.message), undefined, { part: event.part });
      if (event.fallback) void refreshVoices();
    }
    if (event.status === 'voice') void refreshVoices();
    if (event.status === 'record' && event.state === 'finished') toastSaved(event.durationMs ?? null, event.reason);
  }

  /** Gives up the current try or connection, and tells the server. */
  private drop(): void {
    this.current?.abort(new DOMException('given up', 'AbortError'));
    this.current = null;
    if (this.sessionId !== null) closeSession(this.sessionId);
    this.sessionId = null;
    this.show({ sessionId: null });
  }

  private async pause(ms: number): Promise<void> {
    this.show({ phase: this.phaseWhileWaiting(), retryAtMs: Date.now() + ms });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = null;
  }

  private phaseWhileWaiting(): Connection['phase'] {
    const { phase } = useStudio.getState().connection;
    return phase === 'queued' ? 'queued' : 'reconnecting';
  }

  private show(patch: Partial<Connection>): void {
    useStudio.setState((s) => ({ connection: { ...s.connection, ...patch } }));
  }
}

/** Once a second: the figures, and whether media still arrives. */
function poll(pc: RTCPeerConnection, lost: () => void): () => Promise<void> {
  let previous: Counters | null = null;
  const stall = new StallWatch(STALL_MS);
  return async () => {
    const report = await pc.getStats();
    // A late answer of a closed connection must not be shown as the new one's.
    if (pc.connectionState === 'closed') return;
    const entries: StatsEntry[] = [];
    report.forEach((entry: StatsEntry) => {
      entries.push(entry);
    });
    const { figures, counters } = readStats(entries, previous, performance.now());
    previous = counters;
    useStudio.setState({ figures });
    if (stall.update(counters)) lost();
  };
}

export const connection = new StudioConnection();
