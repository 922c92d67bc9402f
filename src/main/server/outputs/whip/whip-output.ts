import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '../backoff';
import { NextTry } from '../next-try';
import type { EncodedPacket, MediaFormat } from '../output';
import type { PushOptions, PushOutput, PushState } from '../push';
import type { IceServer } from '../webrtc/connection';
import { newSenderFigures } from '../webrtc/rtp-sender-pair';
import { PUBLICATION_LIMITS, Publication, type PublicationLimits } from './publication';
import { WhipProblem } from './whip-problem';

/** A stream that held for so long is a good one: when it breaks, the waits begin anew. */
const GOOD_AFTER_MS = 10_000;

export interface WhipSettings {
  limits: PublicationLimits;
  /** Wait before the next try; `failures` in a row so far. */
  backoffMs: (failures: number, retryAfterMs?: number) => number;
}

/** The session's program to a WHIP server (RFC 9725): SRS, MediaMTX, LiveKit, Janus, Cloudflare, ... */
export function openWhip(options: PushOptions): PushOutput {
  return new WhipOutput(options);
}

export class WhipOutput implements PushOutput {
  readonly kind = 'whip';
  /** Servers that cut what they get into HLS segments cut at keyframes, and not all of them ask for any. */
  readonly keyframeIntervalMs = 2_000;
  private readonly sums = { ...newSenderFigures(), connects: 0, failures: 0 };
  private readonly nextTry = new NextTry();
  onChange: (state: PushState, reason?: string) => void = () => {};
  private state_: PushState = 'connecting';
  private publication: Publication | undefined;
  private learntIceServers: IceServer[] = [];
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly options: PushOptions,
    private readonly settings: WhipSettings = { limits: PUBLICATION_LIMITS, backoffMs },
  ) {
    if (options.signal.aborted) this.stopping.abort();
    options.signal.addEventListener('abort', this.stop, { once: true });
  }

  get state(): PushState {
    return this.state_;
  }

  get figures(): Record<string, number> {
    return { ...this.sums, retryInMs: this.nextTry.inMs };
  }

  async start(format: MediaFormat): Promise<void> {
    this.running ??= this.run(format).catch((error: unknown) => {
      this.options.log.error({ err: error }, 'whip: the output stopped');
      this.change('failed', 'an internal error: the log has the details');
    });
  }

  video(packet: EncodedPacket): void {
    this.publication?.senders.video(packet);
  }

  audio(packet: EncodedPacket): void {
    this.publication?.senders.audio(packet);
  }

  async close(): Promise<void> {
    this.options.signal.removeEventListener('abort', this.stop);
    this.stop();
    await this.running;
    if (this.state_ !== 'failed') this.change('closed');
  }

  private readonly stop = () => this.stopping.abort(new Error('stopped'));

  /** Publishes until it is stopped, or until trying again would be of no use. */
  private async run(format: MediaFormat): Promise<void> {
    const { signal } = this.stopping;
    let failures = 0;
    while (!signal.aborted) {
      let retryAfterMs: number | undefined;
      const known = this.learntIceServers;
      try {
        const heldMs = await this.publishOnce(format);
        if (heldMs >= GOOD_AFTER_MS) failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof WhipProblem)) throw error;
        this.sums.failures++;
        // An address that has worked is tried again whatever it answers now: a server that restarts may know nothing for a while.
        if (error.lasting && this.sums.connects === 0) return this.change('failed', error.message);
        retryAfterMs = error.retryAfterMs;
        this.change('reconnecting', error.message);
        // It told of a STUN or TURN server, which may be just what was missing.
        if (known.length === 0 && this.learntIceServers.length > 0) continue;
      }
      failures++;
      const waitMs = this.nextTry.in(this.settings.backoffMs(failures, retryAfterMs));
      await sleep(waitMs, undefined, { signal }).catch(() => {});
    }
  }

  /** @returns how long it held, ms */
  private async publishOnce(format: MediaFormat): Promise<number> {
    const { url, token, iceServers, requestKeyframe } = this.options;
    const publication = await Publication.open({
      url,
      ...(token && { token }),
      format,
      // werift asks the first STUN and the first TURN server: the far end's own are the better choice.
      iceServers: [...this.learntIceServers, ...iceServers],
      figures: this.sums,
      onKeyframeRequest: requestKeyframe,
      onIceServers: (servers) => (this.learntIceServers = servers),
      signal: this.stopping.signal,
      limits: this.settings.limits,
    });
    const { signal } = this.stopping;
    const stop = () => void publication.close();
    signal.addEventListener('abort', stop, { once: true });
    const sinceMs = performance.now();
    try {
      if (signal.aborted) return 0;
      this.publication = publication;
      this.sums.connects++;
      this.change('live');
      requestKeyframe();
      const reason = await publication.gone;
      if (!signal.aborted) this.change('reconnecting', reason);
      return performance.now() - sinceMs;
    } finally {
      signal.removeEventListener('abort', stop);
      this.publication = undefined;
      await publication.close();
    }
  }

  private change(state: PushState, reason?: string): void {
    this.state_ = state;
    this.onChange(state, reason);
  }
}
