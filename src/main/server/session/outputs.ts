import { randomUUID } from 'node:crypto';
import type { OutputView, SessionEvent } from '../../../shared/protocol';
import { HeraldError } from '../errors';
import type { Log } from '../log';
import { openCamera } from '../outputs/camera/camera-output';
import { findCamera } from '../outputs/camera/devices';
import type { Output } from '../outputs/output';
import { type OpenPush, type PushKind, type PushOutput, type PushState, redactedUrl } from '../outputs/push';
import { openRtmp } from '../outputs/rtmp/rtmp-output';
import type { IceServer } from '../outputs/webrtc/peer';
import { openWhip } from '../outputs/whip/whip-output';

/** A kind of destination: who opens one, and the schemes of its addresses, or who finds one on this machine. */
type Kind = { open: OpenPush } & ({ schemes: readonly string[] } | { find: (wanted: string) => string });

type Kinds = Partial<Record<PushKind, Kind>>;

/** A new kind of destination is one file and one line here. */
const OUTPUTS: Kinds = {
  rtmp: { open: openRtmp, schemes: ['rtmp:', 'rtmps:'] },
  whip: { open: openWhip, schemes: ['http:', 'https:'] },
  camera: { open: openCamera, find: (wanted) => findCamera(wanted) },
};

export interface OutputRequest {
  kind: PushKind;
  /** The address; for a camera its device, or 'auto'. */
  url: string;
  token?: string;
}

export interface OutputsHost {
  attach(output: Output): Promise<() => Promise<void>>;
  requestKeyframe(): void;
  emit(event: SessionEvent): void;
  log: Log;
  iceServers: readonly IceServer[];
}

const MAX_OUTPUTS = 8;

interface Entry {
  id: string;
  url: string;
  output: PushOutput;
  since: Date;
  state: PushState;
  reason?: string;
  abort: AbortController;
  detach?: () => Promise<void>;
}

/** The destinations that a session was told to send to while it runs. One that failed stays listed, with why, until removed. */
export class SessionOutputs {
  private readonly entries = new Map<string, Entry>();
  private closed = false;

  constructor(
    private readonly host: OutputsHost,
    private readonly kinds: Kinds = OUTPUTS,
  ) {}

  /**
   * Resolves once the output is part of the program; it connects after that, and tells of it in events.
   * @throws HeraldError 'refused' with what to do
   */
  async add({ kind, url: wanted, token }: OutputRequest): Promise<OutputView> {
    const { open, url, shown } = this.checked(kind, wanted);
    if (this.closed) throw new HeraldError('refused', 'The session is closed; connect again');
    this.makeRoom();
    const id = randomUUID().slice(0, 8);
    const log = this.host.log.child({ output: id, kind });
    const abort = new AbortController();
    const output = open({
      url,
      log,
      signal: abort.signal,
      requestKeyframe: () => this.host.requestKeyframe(),
      iceServers: this.host.iceServers,
      ...(token && { token }),
    });
    const entry: Entry = { id, url: shown, output, since: new Date(), state: output.state, abort };
    this.entries.set(id, entry);
    output.onChange = (state, reason) => this.changed(entry, state, reason);
    log.info(`${kind} to ${entry.url}`);
    this.tell(entry);
    try {
      entry.detach = await this.host.attach(output);
      // Removed, or failed, while it was being attached.
      if (!this.entries.has(id) || entry.state === 'failed') await entry.detach();
    } catch (error) {
      this.entries.delete(id);
      abort.abort();
      output.onChange = () => {};
      await output.close();
      this.changed(entry, 'closed', error instanceof Error ? error.message : String(error));
      throw error;
    }
    return view(entry);
  }

  list(): OutputView[] {
    return [...this.entries.values()].map(view);
  }

  /** Resolves once it is closed; false when there is no such output. */
  async remove(id: string): Promise<boolean> {
    const entry = this.entries.get(id);
    if (!entry) return false;
    this.entries.delete(id);
    entry.abort.abort();
    await (entry.detach ? entry.detach() : entry.output.close());
    this.changed(entry, 'closed');
    return true;
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.allSettled([...this.entries.keys()].map((id) => this.remove(id)));
  }

  private checked(kind: PushKind, url: string): { open: OpenPush; url: string; shown: string } {
    const found = this.kinds[kind];
    if (!found) {
      const known = Object.keys(this.kinds).join(', ') || 'none';
      throw new HeraldError('refused', `${kind} is not available in this version; available: ${known}`);
    }
    const { open } = found;
    if ('find' in found) {
      const device = found.find(url);
      return { open, url: device, shown: device };
    }
    const { schemes } = found;
    // FFmpeg takes what follows a blank for options of its own.
    const plain = !/[\s\p{Cc}]/u.test(url) && URL.canParse(url);
    if (!plain || !schemes.includes(new URL(url).protocol) || new URL(url).hostname === '') {
      const wanted = schemes.map((scheme) => `${scheme}//`).join(' or ');
      throw new HeraldError('refused', `url: ${kind} wants an address that begins with ${wanted} and names a host`);
    }
    return { open, url, shown: redactedUrl(url) };
  }

  private makeRoom(): void {
    if (this.entries.size < MAX_OUTPUTS) return;
    const failed = [...this.entries.values()].find(({ state }) => state === 'failed');
    if (!failed) throw new HeraldError('refused', `a session has ${MAX_OUTPUTS} outputs at most: remove one first`);
    void this.remove(failed.id);
  }

  private changed(entry: Entry, state: PushState, reason?: string): void {
    if (entry.state === state && entry.reason === reason) return;
    // It is closed because it failed; why is what people want to know.
    if (entry.state === 'failed' && this.entries.has(entry.id)) return;
    if (entry.state !== state) entry.since = new Date();
    entry.state = state;
    entry.reason = reason;
    const { id, output } = entry;
    const level = state === 'failed' || state === 'reconnecting' ? 'warn' : 'info';
    this.host.log[level]({ output: id }, `${output.kind} ${state}${reason ? `: ${reason}` : ''}`);
    this.tell(entry);
    // It takes nothing any more: the program need not go on for its sake.
    if (state === 'failed') void entry.detach?.();
  }

  private tell({ id, output: { kind }, state, reason }: Entry): void {
    this.host.emit({ status: 'output', id, kind, state, ...(reason && { reason }) });
  }
}

function view({ id, url, output, state, since, reason }: Entry): OutputView {
  return {
    id,
    kind: output.kind,
    url,
    state,
    since: since.toISOString(),
    figures: { ...output.figures },
    ...(reason && { reason }),
  };
}
