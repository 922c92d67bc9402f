import type { SessionEvent } from '../../../shared/protocol';
import { HeraldError } from '../errors';
import type { Log } from '../log';
import type { LatencyLedger } from '../metrics/latency';
import type { Mouth } from '../mouth/mouth';
import type { Playout } from '../playout/playout';
import type { Tts } from '../tts/tts';
import type { Dialogue } from './dialogue';
import type { FaultContext } from './faults';
import { HeadStart } from './head-start';
import type { Lips } from './lips';
import { perform } from './pipeline';
import { Turn, type TurnOutcome, type TurnSource } from './turn';
import { knownWords } from './words';

export interface TurnsServices {
  tts: Tts;
  mouth: Mouth;
  latency: LatencyLedger;
  log: Log;
}

export interface TurnsHooks {
  emit(event: SessionEvent): void;
  fail(part: string, error: unknown, context?: FaultContext): void;
  /** A rule or the model asked for this mode, and the sentence that announced it has been said. */
  onMode(audiotype: number, turn: Turn): void;
  /** A turn is taken up. */
  onTurn(turn: Turn): void;
}

const MAX_QUEUED_TURNS = 32;
/** Uploads wait in memory, so fewer of them may. */
const MAX_QUEUED_UPLOADS = 4;

/** The turns of a session, performed one after the other, from the moment that there is a stage for them. */
export class Turns {
  private readonly queue: Turn[] = [];
  private current: Turn | undefined;
  private openSegment: { text: string; turn: Turn } | undefined;
  private stage: { playout: Playout; lips: Lips } | undefined;
  /** The engine that spoke last. */
  private engine: string | undefined;
  private performing = false;
  private readonly headStart: HeadStart;
  /** The voice is done with the turn that is on. */
  private voiceIsFree = false;
  private count = 0;

  constructor(
    private readonly services: TurnsServices,
    private readonly dialogue: Dialogue,
    private readonly hooks: TurnsHooks,
  ) {
    this.headStart = new HeadStart(services.tts);
  }

  /** Turns that wait behind the one that is on. */
  get waiting(): number {
    return this.queue.length;
  }

  get busy(): boolean {
    return this.onAir || this.queue.length > 0;
  }

  /** A turn is being prepared or heard. */
  get onAir(): boolean {
    return this.current !== undefined && !this.current.ended;
  }

  /** A question is being answered and nothing of the answer was heard yet. */
  get thinking(): boolean {
    return this.onAir && this.current?.source.kind === 'chat' && this.current.playedSamples === 0;
  }

  /** Questions that are not answered to their end. */
  get answering(): boolean {
    return [this.current, ...this.queue].some((turn) => turn?.source.kind === 'chat' && !turn.ended);
  }

  attach(playout: Playout, lips: Lips): void {
    this.stage = { playout, lips };
    void this.performAll();
  }

  /** @throws HeraldError('refused') when no more uploads may wait; to be asked before one is decoded. */
  assertRoomForUpload(): void {
    const uploads = this.queue.filter((turn) => turn.source.kind === 'audio').length;
    if (uploads < MAX_QUEUED_UPLOADS) return;
    throw new HeraldError('refused', `${uploads} files are already waiting to be played; interrupt or try again later`);
  }

  /** Returns the turn's number. @throws HeraldError('refused') when too many wait. */
  add(source: TurnSource): number {
    if (this.queue.length >= MAX_QUEUED_TURNS) {
      throw new HeraldError('refused', `${MAX_QUEUED_TURNS} turns are already waiting; interrupt or try again later`);
    }
    const turn = new Turn(++this.count, source, (ended, outcome) => this.ended(ended, outcome));
    this.queue.push(turn);
    if (this.voiceIsFree) this.headStart.prepare(this.queue[0]);
    // Not in this call: whoever asked is to have the number of the turn before any event that carries it.
    setImmediate(() => void this.performAll());
    return turn.id;
  }

  /** Ends what is on and what waits. */
  interrupt(): void {
    const askedAtMs = performance.now();
    const { current } = this;
    const heard = current !== undefined && !current.ended && current.playedSamples > 0;
    for (const turn of [current, ...this.queue.splice(0)]) turn?.interrupt();
    this.stage?.playout.clear(heard ? () => this.silent(current, performance.now() - askedAtMs) : undefined);
  }

  private silent(turn: Turn, afterMs: number): void {
    this.services.latency.add('interrupt', { interruptToSilenceMs: afterMs });
    this.hooks.emit({ status: 'latency', turn: turn.id, interruptToSilenceMs: Math.round(afterMs) });
  }

  private async performAll(): Promise<void> {
    if (this.performing || !this.stage) return;
    this.performing = true;
    while ((this.current = this.queue.shift())) {
      const turn = this.current;
      await this.perform(turn, this.stage);
      this.voiceIsFree = false;
      turn.finish();
      const audiotype = this.dialogue.ended(turn);
      if (audiotype !== undefined) this.hooks.onMode(audiotype, turn);
    }
    this.performing = false;
  }

  private async perform(turn: Turn, { playout, lips }: { playout: Playout; lips: Lips }): Promise<void> {
    const { mouth } = this.services;
    const { emit, fail, onTurn } = this.hooks;
    const { kind, text } = turn.source;
    turn.clock.mark('queuedMs');
    onTurn(turn);
    emit({ status: 'turn', turn: turn.id, kind, text });
    try {
      await perform(turn, kind === 'chat' ? this.dialogue.answer(turn) : knownWords(text), {
        tts: this.headStart.voiceOf(turn),
        playout,
        lips,
        windowStartMs: mouth.windowStartMs,
        onSegment: (edge, sentence) => this.segment(edge, sentence, turn),
        onFault: (fault, next) => fail('voice', fault, { turn, ...(next !== undefined && { fallback: next }) }),
        onMissed: (error) => fail('voice', error, { turn }),
        onEngine: (engine) => this.speaksWith(engine),
        onAllSpoken: () => {
          this.voiceIsFree = true;
          this.headStart.prepare(this.queue[0]);
        },
      });
    } catch (error) {
      if (!turn.signal.aborted) fail(kind === 'audio' ? 'audio' : 'voice', error, { turn });
    }
  }

  private speaksWith(engine: string): void {
    if (engine === this.engine) return;
    this.engine = engine;
    const wanted = this.services.tts.name;
    this.hooks.emit({ status: 'voice', engine, ...(engine !== wanted && { instead: wanted }) });
  }

  private segment(kind: 'begin' | 'end', text: string, turn: Turn): void {
    this.openSegment = kind === 'begin' ? { text, turn } : undefined;
    if (kind === 'begin') turn.heard.push(text);
    this.hooks.emit({ status: kind === 'begin' ? 'start' : 'end', text, turn: turn.id });
  }

  private ended(turn: Turn, { kind, playedMs }: TurnOutcome): void {
    const { emit } = this.hooks;
    if (turn.source.kind === 'audio') void turn.source.close();
    if (this.openSegment?.turn === turn) {
      const { text } = this.openSegment;
      this.openSegment = undefined;
      emit({ status: 'end', text, turn: turn.id, interrupted: kind === 'interrupted', playedMs });
    }
    if (kind === 'interrupted') emit({ status: 'interrupted', turn: turn.id, playedMs });
    this.reportLatency(turn);
  }

  private reportLatency(turn: Turn): void {
    const { figures } = turn.clock;
    if (figures.firstSoundSentMs === undefined) return; // it was never heard
    const { kind } = turn.source;
    this.services.latency.add(kind, figures);
    this.services.log.info({ turn: turn.id, ...figures }, `${kind} heard after ${figures.firstSoundSentMs} ms`);
    this.hooks.emit({ status: 'latency', turn: turn.id, ...figures });
  }
}
