import type { PerformanceSummary, SessionEvent, SessionSummary } from '../../../shared/protocol';
import type { DecodedAudio } from '../audio/decode';
import type { Performance } from '../avatar/actions';
import type { Avatar } from '../avatar/avatar';
import { HeraldError } from '../errors';
import type { Log } from '../log';
import type { LatencyLedger } from '../metrics/latency';
import type { Mouth } from '../mouth/mouth';
import type { Peer } from '../outputs/webrtc/peer';
import { RealClock } from '../playout/clock';
import { PictureBuffers } from '../playout/picture-buffers';
import { Playout } from '../playout/playout';
import { ProviderError } from '../provider-error';
import type { RecordingLibrary } from '../recordings/library';
import type { Tts, VoiceSettings } from '../tts/tts';
import type { SayOptions, SessionHandle } from './api';
import { type ChatServices, Dialogue, type DialogueHooks } from './dialogue';
import { Lips } from './lips';
import { MODE_STILL, Modes } from './modes';
import { perform } from './pipeline';
import { Program } from './program';
import { SessionRecording } from './recording';
import { Turn, type TurnOutcome, type TurnSource } from './turn';
import { knownWords } from './words';

/** What every session of a server shares. */
export interface SessionServices {
  tts: Tts;
  chat: ChatServices;
  /** What a question does that comes while another is being answered. */
  chatOverlap: 'queue' | 'replace';
  /** Whether speech and performances wait for each other (the default) or the later one ends the former. */
  performanceOverlap?: 'queue' | 'cut';
  latency: LatencyLedger;
  mouth: Mouth;
  openAudio(bytes: Uint8Array, options: { signal: AbortSignal }): Promise<DecodedAudio>;
  log: Log;
  videoBitrateBps: number;
  /** Where recordings are kept; without it there are none. */
  recordings?: RecordingLibrary;
}

export interface SessionParts {
  id: number;
  avatar: Avatar;
  peer: Peer;
  studio: boolean;
  /** How it speaks unless a text asks for something else. */
  voice?: VoiceSettings;
  /** What it can do besides talk. */
  performances?: readonly Performance[];
}

const MAX_QUEUED_TURNS = 32;
/** Uploads wait in memory, so fewer of them may. */
const MAX_QUEUED_UPLOADS = 4;
const AUDIO_BITRATE_BPS = 64_000;

/**
 * One presenter performing: a queue of turns, one playout, one program, and the peer that watches it. Everything native that it
 * opens is closed by `close`, once.
 */
export class Session implements SessionHandle {
  readonly id: number;
  readonly studio: boolean;
  readonly peer: Peer;
  readonly startedAtMs = Date.now();
  private readonly listeners = new Set<(event: SessionEvent) => void>();
  private readonly queue: Turn[] = [];
  private readonly buffers: PictureBuffers;
  private readonly log: Log;
  private program: Program | undefined;
  private playout: Playout | undefined;
  private lips: Lips | undefined;
  private current: Turn | undefined;
  private openSegment: { text: string; turn: Turn } | undefined;
  private readonly dialogue: Dialogue;
  private readonly recording: SessionRecording;
  private readonly modes: Modes;
  /** The engine that spoke last. */
  private engine: string | undefined;
  /** Faults of the current turn that were told already. */
  private readonly told = new Set<string>();
  private performing = false;
  private turnCount = 0;
  private starting: Promise<void> | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly parts: SessionParts,
    private readonly services: SessionServices,
    private readonly onClosed: (session: Session, reason: string) => void,
  ) {
    this.id = parts.id;
    this.peer = parts.peer;
    this.studio = parts.studio;
    this.log = services.log.child({ session: parts.id });
    this.buffers = new PictureBuffers((parts.avatar.widthPx * parts.avatar.heightPx * 3) / 2);
    const onAnswer: DialogueHooks['onAnswer'] = (turn, delta, done) =>
      this.emit({ status: 'answer', turn: turn.id, delta, ...(done && { done }) });
    const onFault: DialogueHooks['onFault'] = (turn, fault) => this.fail(fault.part, fault, { turn });
    this.dialogue = new Dialogue(services.chat, { onAnswer, onFault }, () => this.performances());
    this.modes = new Modes(parts.performances ?? [], parts.avatar, {
      onMode: (audiotype) => this.emit({ status: 'mode', audiotype }),
      onFault: (error) => this.fail('performance', error),
    });
    this.recording = new SessionRecording({
      sessionId: parts.id,
      presenter: parts.avatar.id,
      library: services.recordings,
      log: this.log,
      emit: (event) => this.emit(event),
      fail: (error) => this.fail('record', error),
    });
    this.peer.onConnected = () => void this.start();
    this.peer.onClosed = (reason) => void this.close(reason);
    this.peer.onKeyframeRequest = () => this.program?.requestKeyframe();
    // It may have connected while this object was being made.
    if (this.peer.state === 'connected') void this.start();
  }

  get isSpeaking(): boolean {
    return (this.current !== undefined && !this.current.ended) || this.queue.length > 0;
  }

  private get activity(): 'idle' | 'thinking' | 'speaking' | 'acting' {
    if (this.playout?.acting) return 'acting';
    if (!this.isSpeaking) return 'idle';
    return this.current?.source.kind === 'chat' && this.current.playedSamples === 0 ? 'thinking' : 'speaking';
  }

  get isClosed(): boolean {
    return this.closing !== undefined;
  }

  get summary(): SessionSummary {
    const connecting = this.peer.state === 'connecting';
    return {
      sessionid: this.id,
      avatar: this.parts.avatar.id,
      state: this.isClosed ? 'closed' : connecting ? 'connecting' : this.activity,
      audiotype: this.modes.audiotype,
      studio: this.studio,
      peer: this.peer.state,
      videoCodec: this.peer.videoCodec,
      startedAt: new Date(this.startedAtMs).toISOString(),
      picturesSent: this.playout?.figures.picturesSent ?? 0,
      underruns: this.playout?.figures.underruns ?? 0,
      queuedTurns: this.queue.length,
    };
  }

  /** Counters of playout, encoders and transport, for /api/health and the benches. */
  figures(): Record<string, number> {
    return {
      ...this.playout?.figures,
      ...this.peer.figures,
      droppedPictures: this.program?.droppedPictures ?? 0,
    };
  }

  say(text: string, { interrupt, voice }: SayOptions): number {
    if (text.trim() === '') throw new HeraldError('refused', 'text is empty: send the words to be spoken');
    if (interrupt) this.interrupt();
    return this.enqueue({ kind: 'echo', text, voice: { ...this.parts.voice, ...defined(voice) } });
  }

  chat(text: string, { interrupt, voice }: SayOptions): number {
    if (text.trim() === '') throw new HeraldError('refused', 'text is empty: send the question to be answered');
    if (this.dialogue.problem) throw new HeraldError('refused', this.dialogue.problem);
    const answering = [this.current, ...this.queue].some((turn) => turn?.source.kind === 'chat' && !turn.ended);
    if (interrupt) this.interrupt();
    else if (answering && this.services.chatOverlap === 'replace') this.interruptSpeech();
    return this.enqueue({ kind: 'chat', text, voice: { ...this.parts.voice, ...defined(voice) } });
  }

  async playAudio(bytes: Uint8Array, { fileName, signal }: { fileName?: string; signal: AbortSignal }): Promise<void> {
    const uploads = this.queue.filter((turn) => turn.source.kind === 'audio').length;
    if (uploads >= MAX_QUEUED_UPLOADS) {
      throw new HeraldError(
        'refused',
        `${uploads} files are already waiting to be played; interrupt or try again later`,
      );
    }
    const audio = await this.services.openAudio(bytes, { signal });
    try {
      this.enqueue({ kind: 'audio', text: fileName ?? 'audio', chunks: audio.chunks(), close: () => audio.close() });
    } catch (error) {
      await audio.close();
      throw error;
    }
  }

  interrupt(): void {
    this.interruptSpeech();
    this.modes.interrupt();
  }

  private interruptSpeech(): void {
    const askedAtMs = performance.now();
    const { current } = this;
    const speaking = current !== undefined && !current.ended && current.playedSamples > 0;
    for (const turn of [current, ...this.queue.splice(0)]) turn?.interrupt();
    this.playout?.clear(speaking ? () => this.silent(current, performance.now() - askedAtMs) : undefined);
  }

  private silent(turn: Turn, afterMs: number): void {
    this.services.latency.add('interrupt', { interruptToSilenceMs: afterMs });
    this.emit({ status: 'latency', turn: turn.id, interruptToSilenceMs: Math.round(afterMs) });
  }

  setMode(audiotype: number, { reinit }: { reinit: boolean }): void {
    this.modes.check(audiotype);
    const begins = audiotype > MODE_STILL && (reinit || audiotype !== this.modes.audiotype);
    const cuts = begins && this.services.performanceOverlap === 'cut';
    if (cuts && this.current && !this.current.ended) this.interruptSpeech();
    this.modes.set(audiotype, { reinit });
  }

  startRecording(): Promise<void> {
    if (this.isClosed) throw new HeraldError('refused', 'The session is closed; connect again');
    return this.recording.start();
  }

  endRecording(): Promise<string> {
    return this.recording.end();
  }

  /** A fault outside of this session that its viewers see the effect of; whoever had it has logged it. */
  tell(part: string, message: string): void {
    this.emit({ status: 'error', part, message });
  }

  performances(): PerformanceSummary[] {
    return this.modes.performances;
  }

  subscribe(listener: (event: SessionEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(reason: string): Promise<void> {
    this.closing ??= this.shutDown(reason);
    return this.closing;
  }

  private async shutDown(reason: string): Promise<void> {
    this.log.info(`session closed: ${reason}`);
    this.interruptSpeech();
    await this.recording.close();
    this.emit({ status: 'closed', reason });
    this.listeners.clear();
    await this.starting?.catch(() => {});
    await this.playout?.close();
    await this.program?.close();
    await this.peer.close(reason);
    this.parts.avatar.release();
    this.onClosed(this, reason);
  }

  private start(): Promise<void> {
    this.starting ??= this.open().catch((error: unknown) => {
      this.fail('encoder', error);
      void this.close('the encoders could not be opened');
    });
    return this.starting;
  }

  private async open(): Promise<void> {
    const { avatar, peer } = this.parts;
    const clock = new RealClock();
    const program = await Program.open({
      videoCodec: peer.videoCodec,
      widthPx: avatar.widthPx,
      heightPx: avatar.heightPx,
      videoBitrateBps: this.services.videoBitrateBps,
      audioBitrateBps: AUDIO_BITRATE_BPS,
      epochMs: clock.epochMs,
      onError: (error) => this.fail('encoder', error),
    });
    this.program = program;
    if (this.isClosed) return; // shutDown waits for us and closes it
    await program.attach(peer);
    this.recording.setProgram(program);
    const playout = new Playout(avatar, clock, program, this.buffers, () => this.lips?.onStep(), {
      overlap: this.services.performanceOverlap,
      onActBegan: (act) => this.modes.began(act),
      onActEnded: (act) => this.modes.ended(act),
    });
    this.playout = playout;
    this.lips = new Lips(avatar, this.services.mouth, playout);
    this.modes.attach(playout);
    playout.start();
    void this.performQueue();
  }

  private enqueue(source: TurnSource): number {
    if (this.isClosed) throw new HeraldError('refused', 'The session is closed; connect again');
    if (this.queue.length >= MAX_QUEUED_TURNS) {
      throw new HeraldError('refused', `${MAX_QUEUED_TURNS} turns are already waiting; interrupt or try again later`);
    }
    const turn = new Turn(++this.turnCount, source, (ended, outcome) => this.turnEnded(ended, outcome));
    this.queue.push(turn);
    // Not in this call: whoever asked is to have the number of the turn before any event that carries it.
    setImmediate(() => void this.performQueue());
    return turn.id;
  }

  /** Turns are performed one after the other, from the moment that someone is watching. */
  private async performQueue(): Promise<void> {
    if (this.performing || !this.playout || !this.lips) return;
    this.performing = true;
    while ((this.current = this.queue.shift())) {
      const turn = this.current;
      await this.performTurn(turn, this.playout, this.lips);
      turn.finish();
      const audiotype = this.dialogue.ended(turn);
      if (audiotype !== undefined) this.obeyRule(audiotype, turn);
    }
    this.performing = false;
  }

  private async performTurn(turn: Turn, playout: Playout, lips: Lips): Promise<void> {
    const { tts, mouth } = this.services;
    const { kind, text } = turn.source;
    this.told.clear();
    turn.clock.mark('queuedMs');
    this.emit({ status: 'turn', turn: turn.id, kind, text });
    try {
      await perform(turn, kind === 'chat' ? this.dialogue.answer(turn) : knownWords(text), {
        tts,
        playout,
        lips,
        windowStartMs: mouth.windowStartMs,
        onSegment: (edge, sentence) => this.segment(edge, sentence, turn),
        onFault: (fault, next) => this.fail('voice', fault, { turn, fallback: next }),
        onMissed: (error) => this.fail('voice', error, { turn }),
        onEngine: (engine) => this.speaksWith(engine),
      });
    } catch (error) {
      if (!turn.signal.aborted) this.fail(kind === 'audio' ? 'audio' : 'voice', error, { turn });
    }
  }

  /** "Play the guzheng": the sentence that announced it has been said. */
  private obeyRule(audiotype: number, turn: Turn): void {
    try {
      this.setMode(audiotype, { reinit: true });
    } catch (error) {
      this.fail('rule', error, { turn });
    }
  }

  private speaksWith(engine: string): void {
    if (engine === this.engine) return;
    this.engine = engine;
    const wanted = this.services.tts.name;
    this.emit({ status: 'voice', engine, ...(engine !== wanted && { instead: wanted }) });
  }

  private segment(kind: 'begin' | 'end', text: string, turn: Turn): void {
    this.openSegment = kind === 'begin' ? { text, turn } : undefined;
    if (kind === 'begin') turn.heard.push(text);
    this.emit({ status: kind === 'begin' ? 'start' : 'end', text, turn: turn.id });
  }

  private turnEnded(turn: Turn, { kind, playedMs }: TurnOutcome): void {
    if (turn.source.kind === 'audio') void turn.source.close();
    if (this.openSegment?.turn === turn) {
      const { text } = this.openSegment;
      this.openSegment = undefined;
      this.emit({ status: 'end', text, turn: turn.id, interrupted: kind === 'interrupted', playedMs });
    }
    if (kind === 'interrupted') this.emit({ status: 'interrupted', turn: turn.id, playedMs });
    this.reportLatency(turn);
  }

  private reportLatency(turn: Turn): void {
    const { figures } = turn.clock;
    if (figures.firstSoundSentMs === undefined) return; // it was never heard
    const { kind } = turn.source;
    this.services.latency.add(kind, figures);
    this.log.info({ turn: turn.id, ...figures }, `${kind} heard after ${figures.firstSoundSentMs} ms`);
    this.emit({ status: 'latency', turn: turn.id, ...figures });
  }

  /** Says once per turn what failed, who does it instead, and what to do. */
  private fail(part: string, error: unknown, { turn, fallback }: { turn?: Turn; fallback?: string } = {}): void {
    const message = error instanceof Error ? error.message : String(error);
    if (turn) {
      if (this.told.has(message)) return;
      this.told.add(message);
    }
    // The chain of voices has logged its faults already, once for all sessions.
    const level = error instanceof ProviderError && error.part === 'voice' ? 'debug' : 'warn';
    this.log[level]({ ...(turn && { turn: turn.id }), ...(fallback && { fallback }) }, `${part}: ${message}`);
    this.emit({
      status: 'error',
      part,
      message,
      ...(turn && { turn: turn.id }),
      ...(error instanceof ProviderError && {
        engine: error.provider,
        reason: error.reason,
        remedy: error.remedy,
      }),
      ...(fallback && { fallback }),
    });
  }

  private emit(event: SessionEvent): void {
    this.recording.note(event);
    for (const listener of this.listeners) listener(event);
  }
}

/** A text's own wishes go before the session's; a key without a value is no wish. */
function defined(voice: VoiceSettings | undefined): VoiceSettings {
  return Object.fromEntries(Object.entries(voice ?? {}).filter(([, value]) => value !== undefined));
}
