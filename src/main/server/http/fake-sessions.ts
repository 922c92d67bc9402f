import type { OutputView, SessionEvent, SessionSummary } from '../../../shared/protocol';
import { HeraldError } from '../errors';
import type { Output } from '../outputs/output';
import type {
  OfferAnswer,
  OfferInput,
  OpenInput,
  OutputsHandle,
  SayOptions,
  SessionDirectory,
  SessionHandle,
  VisemesHandle,
} from '../session/api';
import type { VisemeListener } from '../session/visemes';

/** A session that only remembers what it was asked; for tests of the HTTP layer. */
export class FakeSession implements SessionHandle {
  isSpeaking = false;
  recording = false;
  readonly calls: unknown[][] = [];
  readonly videoCodec = 'h264';
  private readonly views = new Map<string, OutputView>();
  readonly outputs: OutputsHandle = {
    add: async ({ kind, url }) => {
      if (kind !== 'rtmp') throw new HeraldError('refused', `${kind} is not available in this version`);
      const since = new Date(0).toISOString();
      const view: OutputView = { id: `${this.views.size + 1}`, kind, url, state: 'connecting', since, figures: {} };
      this.views.set(view.id, view);
      return view;
    },
    list: () => [...this.views.values()],
    remove: async (id) => this.views.delete(id),
  };
  readonly listeners = new Set<(event: SessionEvent) => void>();
  readonly visemeListeners = new Set<VisemeListener>();
  readonly visemes: VisemesHandle = {
    subscribe: (listener) => {
      this.visemeListeners.add(listener);
      return () => this.visemeListeners.delete(listener);
    },
  };
  playAudioWith: (bytes: Uint8Array, signal: AbortSignal) => Promise<void> = async () => {};

  constructor(readonly id: number) {}

  say(text: string, options: SayOptions): number {
    this.calls.push(['say', text, options]);
    return this.calls.length;
  }

  chat(question: string, options: SayOptions): number {
    this.calls.push(['chat', question, options]);
    return this.calls.length;
  }

  async playAudio(bytes: Uint8Array, { fileName, signal }: { fileName?: string; signal: AbortSignal }): Promise<void> {
    this.calls.push(['playAudio', bytes.length, fileName]);
    await this.playAudioWith(bytes, signal);
  }

  interrupt(): void {
    this.calls.push(['interrupt']);
  }

  setMode(audiotype: number, options: { reinit: boolean }): void {
    if (audiotype > 1) throw new HeraldError('refused', `unknown audiotype ${audiotype}: known are 0 and 1`);
    this.calls.push(['setMode', audiotype, options]);
  }

  async startRecording(): Promise<void> {
    this.calls.push(['startRecording']);
    if (this.recording) throw new HeraldError('refused', 'already recording: send end_record first');
    this.recording = true;
  }

  async endRecording(): Promise<string> {
    this.calls.push(['endRecording']);
    if (!this.recording) throw new HeraldError('refused', 'nothing is being recorded: send start_record first');
    this.recording = false;
    return '2026-01-02-030405-fake-123456.mp4';
  }

  async attach(output: Output): Promise<() => Promise<void>> {
    this.calls.push(['attach', output.kind]);
    return () => output.close();
  }

  requestKeyframe(): void {
    this.calls.push(['requestKeyframe']);
  }

  subscribe(listener: (event: SessionEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  emit(event: SessionEvent): void {
    for (const listener of [...this.listeners]) listener(event);
  }
}

export class FakeSessions implements SessionDirectory {
  readonly sessions = new Map<number, FakeSession>();
  readonly offers: OfferInput[] = [];
  readonly closed: number[] = [];
  offerWith: (input: OfferInput) => Promise<OfferAnswer> = async () => ({ sdp: 'v=0 answer', sessionId: 123_456 });

  add(id: number): FakeSession {
    const session = new FakeSession(id);
    this.sessions.set(id, session);
    return session;
  }

  async offer(input: OfferInput): Promise<OfferAnswer> {
    this.offers.push(input);
    return this.offerWith(input);
  }

  async open({ record }: OpenInput): Promise<number> {
    const session = this.add(234_567);
    if (record) await session.startRecording();
    return session.id;
  }

  get(sessionId: number): FakeSession | undefined {
    return this.sessions.get(sessionId);
  }

  list(): SessionSummary[] {
    return [...this.sessions.keys()].map((sessionid) => ({
      sessionid,
      avatar: 'fake',
      state: 'idle',
      audiotype: 0,
      studio: false,
      peer: 'fake',
      videoCodec: 'H264',
      startedAt: new Date(0).toISOString(),
      picturesSent: 0,
      underruns: 0,
      queuedTurns: 0,
    }));
  }

  async close(sessionId: number): Promise<boolean> {
    this.closed.push(sessionId);
    return this.sessions.delete(sessionId);
  }
}
