import type { PerformanceSummary, SessionEvent, SessionSummary } from '../../../shared/protocol';
import type { VideoCodec } from '../encode/video';
import { HeraldError } from '../errors';
import { given } from '../given';
import type { Log } from '../log';
import type { Output } from '../outputs/output';
import type { Peer } from '../outputs/webrtc/peer';
import { RealClock } from '../playout/clock';
import { PictureBuffers } from '../playout/picture-buffers';
import { Playout, type Step } from '../playout/playout';
import type { SayOptions, SessionHandle } from './api';
import { AttachedOutputs } from './attached';
import { Dialogue, type DialogueHooks } from './dialogue';
import { Faults } from './faults';
import { Lips } from './lips';
import { MODE_STILL, Modes } from './modes';
import { SessionOutputs } from './outputs';
import type { SessionParts, SessionServices } from './parts';
import { Program } from './program';
import { SessionRecording } from './recording';
import type { Turn, TurnSource } from './turn';
import { Turns } from './turns';
import { Visemes } from './visemes';

export type { SessionParts, SessionServices } from './parts';

const AUDIO_BITRATE_BPS = 64_000;

/**
 * One presenter performing: a queue of turns, one playout, one program, the peer that watches it, if any, and the outputs that
 * came to it. Everything native that it opens is closed by `close`, once.
 */
export class Session implements SessionHandle {
  readonly id: number;
  readonly studio: boolean;
  readonly peer: Peer | undefined;
  readonly videoCodec: VideoCodec;
  readonly lasting: boolean;
  readonly outputs: SessionOutputs;
  readonly visemes: Visemes;
  readonly startedAtMs = Date.now();
  private readonly listeners = new Set<(event: SessionEvent) => void>();
  private readonly buffers: PictureBuffers;
  private readonly log: Log;
  private program: Program | undefined;
  private playout: Playout | undefined;
  private lips: Lips | undefined;
  private readonly faults: Faults;
  private readonly dialogue: Dialogue;
  private readonly turns: Turns;
  private readonly recording: SessionRecording;
  private readonly attached = new AttachedOutputs();
  private usedAtMs = performance.now();
  private readonly modes: Modes;
  private starting: Promise<void> | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly parts: SessionParts,
    private readonly services: SessionServices,
    private readonly onClosed: (session: Session, reason: string) => void,
  ) {
    this.id = parts.id;
    this.peer = parts.peer;
    this.videoCodec = parts.videoCodec ?? parts.peer?.videoCodec ?? 'h264';
    this.studio = parts.studio;
    this.lasting = parts.lasting ?? false;
    this.log = services.log.child({ session: parts.id });
    this.buffers = new PictureBuffers((parts.avatar.widthPx * parts.avatar.heightPx * 3) / 2);
    const onAnswer: DialogueHooks['onAnswer'] = (turn, delta, done) =>
      this.emit({ status: 'answer', turn: turn.id, delta, ...(done && { done }) });
    const onFault: DialogueHooks['onFault'] = (turn, fault) => this.faults.tell(fault.part, fault, { turn });
    this.faults = new Faults(this.log, (event) => this.emit(event));
    this.dialogue = new Dialogue(services.chat, { onAnswer, onFault }, () => this.performances());
    this.modes = new Modes(parts.performances ?? [], parts.avatar, {
      onMode: (audiotype) => this.emit({ status: 'mode', audiotype }),
      onFault: (error) => this.faults.tell('performance', error),
    });
    this.recording = new SessionRecording({
      sessionId: parts.id,
      presenter: parts.avatar.id,
      library: services.recordings,
      log: this.log,
      emit: (event) => this.emit(event),
      fail: (error) => this.faults.tell('record', error),
    });
    this.outputs = new SessionOutputs({
      attach: (output) => this.attach(output),
      requestKeyframe: () => this.requestKeyframe(),
      emit: (event) => this.emit(event),
      log: this.log,
      iceServers: services.iceServers ?? [],
    });
    this.visemes = new Visemes({
      mouth: services.mouth,
      onFault: (error) => this.faults.tell('visemes', error),
      rtpAt: (ptsSamples) => this.peer?.rtpAt(ptsSamples),
    });
    this.turns = new Turns({ ...services, log: this.log }, this.dialogue, {
      emit: (event) => this.emit(event),
      fail: (part, error, context) => this.faults.tell(part, error, context),
      onMode: (audiotype, turn) => this.obey(audiotype, turn),
      onTurn: () => this.faults.forget(),
    });
    if (this.peer) this.follow(this.peer);
    else void this.start();
  }

  private follow(peer: Peer): void {
    peer.onConnected = () => void this.start();
    peer.onClosed = (reason) => void this.close(reason);
    peer.onKeyframeRequest = () => this.requestKeyframe();
    peer.onRendition = (rendition, why) => this.log.info({ rendition }, `the viewer is sent ${rendition}: ${why}`);
    peer.onVisemes = (channel) => channel.closeWith(this.visemes.subscribe((picture) => channel.send(picture)));
    // It may have connected while this object was being made.
    if (peer.state === 'connected') void this.start();
  }

  /** Resolves once a session without a peer is on air, or has closed because it could not be. */
  async ready(): Promise<void> {
    await this.starting;
  }

  /** How long nobody has watched, recorded or taken it anywhere, and it had nothing to say. */
  idleForMs(): number {
    const used = !this.program || this.program.outputCount > 0 || this.isSpeaking || this.playout?.acting;
    if (used) this.usedAtMs = performance.now();
    return performance.now() - this.usedAtMs;
  }

  get isSpeaking(): boolean {
    return this.turns.busy;
  }

  private get activity(): 'idle' | 'thinking' | 'speaking' | 'acting' {
    if (this.playout?.acting) return 'acting';
    if (this.turns.thinking) return 'thinking';
    return this.turns.busy ? 'speaking' : 'idle';
  }

  get isClosed(): boolean {
    return this.closing !== undefined;
  }

  get summary(): SessionSummary {
    const connecting = this.peer?.state === 'connecting';
    return {
      sessionid: this.id,
      avatar: this.parts.avatar.id,
      state: this.isClosed ? 'closed' : connecting ? 'connecting' : this.activity,
      audiotype: this.modes.audiotype,
      studio: this.studio,
      peer: this.peer?.state ?? 'none',
      videoCodec: this.videoCodec,
      startedAt: new Date(this.startedAtMs).toISOString(),
      picturesSent: this.playout?.figures.picturesSent ?? 0,
      underruns: this.playout?.figures.underruns ?? 0,
      queuedTurns: this.turns.waiting,
    };
  }

  /** Counters of playout, encoders and transport, for /api/health and the benches. */
  figures(): Record<string, number> {
    return {
      ...this.playout?.figures,
      ...this.peer?.figures,
      ...this.visemes.figures,
      ...this.program?.figures,
      droppedPictures: this.program?.droppedPictures ?? 0,
      outputs: this.program?.outputCount ?? 0,
    };
  }

  say(text: string, { interrupt, voice }: SayOptions): number {
    if (text.trim() === '') throw new HeraldError('refused', 'text is empty: send the words to be spoken');
    if (interrupt) this.interrupt();
    return this.enqueue({ kind: 'echo', text, voice: { ...this.parts.voice, ...given(voice ?? {}) } });
  }

  chat(text: string, { interrupt, voice }: SayOptions): number {
    if (text.trim() === '') throw new HeraldError('refused', 'text is empty: send the question to be answered');
    if (this.dialogue.problem) throw new HeraldError('refused', this.dialogue.problem);
    if (interrupt) this.interrupt();
    else if (this.turns.answering && this.services.chatOverlap === 'replace') this.turns.interrupt();
    return this.enqueue({ kind: 'chat', text, voice: { ...this.parts.voice, ...given(voice ?? {}) } });
  }

  async playAudio(bytes: Uint8Array, { fileName, signal }: { fileName?: string; signal: AbortSignal }): Promise<void> {
    this.turns.assertRoomForUpload();
    const audio = await this.services.openAudio(bytes, { signal });
    try {
      this.enqueue({ kind: 'audio', text: fileName ?? 'audio', chunks: audio.chunks(), close: () => audio.close() });
    } catch (error) {
      await audio.close();
      throw error;
    }
  }

  interrupt(): void {
    this.turns.interrupt();
    this.modes.interrupt();
  }

  setMode(audiotype: number, { reinit }: { reinit: boolean }): void {
    this.modes.check(audiotype);
    const begins = audiotype > MODE_STILL && (reinit || audiotype !== this.modes.audiotype);
    const cuts = begins && this.services.performanceOverlap === 'cut';
    if (cuts && this.turns.onAir) this.turns.interrupt();
    this.modes.set(audiotype, { reinit });
  }

  startRecording(): Promise<void> {
    if (this.isClosed) throw new HeraldError('refused', 'The session is closed; connect again');
    return this.recording.start();
  }

  endRecording(): Promise<string> {
    return this.recording.end();
  }

  attach(output: Output): Promise<() => Promise<void>> {
    return this.attached.attach(output);
  }

  requestKeyframe(): void {
    this.program?.requestKeyframe();
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
    this.turns.interrupt();
    await this.recording.close();
    await this.outputs.close();
    await this.attached.close();
    this.emit({ status: 'closed', reason });
    this.listeners.clear();
    this.visemes.close();
    await this.starting?.catch(() => {});
    await this.playout?.close();
    await this.program?.close();
    await this.peer?.close(reason);
    this.parts.avatar.release();
    this.onClosed(this, reason);
  }

  private start(): Promise<void> {
    this.starting ??= this.open().catch((error: unknown) => {
      this.faults.tell('encoder', error);
      void this.close('the encoders could not be opened');
    });
    return this.starting;
  }

  private async open(): Promise<void> {
    const { avatar, peer } = this.parts;
    const clock = new RealClock();
    const program = await Program.open({
      videoCodec: this.videoCodec,
      widthPx: avatar.widthPx,
      heightPx: avatar.heightPx,
      videoBitrateBps: this.parts.videoBitrateBps ?? this.services.videoBitrateBps,
      audioBitrateBps: AUDIO_BITRATE_BPS,
      epochMs: clock.epochMs,
      onError: (error) => this.faults.tell('encoder', error),
    });
    this.program = program;
    if (this.isClosed) return; // shutDown waits for us and closes it
    if (peer) await program.attach(peer);
    this.recording.setProgram(program);
    this.attached.setProgram(program);
    const onStep = (step: Step) => {
      this.visemes.shown(step);
      this.lips?.onStep();
    };
    const playout = new Playout(avatar, clock, program, this.buffers, onStep, {
      overlap: this.services.performanceOverlap,
      onActBegan: (act) => this.modes.began(act),
      onActEnded: (act) => this.modes.ended(act),
    });
    playout.onFailed = (error) => {
      this.faults.tell('playout', error);
      void this.close('the playout failed');
    };
    this.playout = playout;
    this.lips = new Lips(avatar, this.services.mouth, playout, this.visemes);
    this.modes.attach(playout);
    playout.start();
    this.turns.attach(playout, this.lips);
  }

  private enqueue(source: TurnSource): number {
    if (this.isClosed) throw new HeraldError('refused', 'The session is closed; connect again');
    return this.turns.add(source);
  }

  /** "Play the guzheng": the sentence that announced it has been said. */
  private obey(audiotype: number, turn: Turn): void {
    try {
      this.setMode(audiotype, { reinit: true });
    } catch (error) {
      this.faults.tell('rule', error, { turn });
    }
  }

  private emit(event: SessionEvent): void {
    this.recording.note(event);
    for (const listener of this.listeners) listener(event);
  }
}
