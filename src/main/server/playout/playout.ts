import {
  FRAMES_PER_PICTURE,
  msToSamples,
  SAMPLES_PER_FRAME,
  SAMPLES_PER_PICTURE,
  samplesToMs,
} from '../../../shared/units';
import type { Avatar, I420Picture } from '../avatar/avatar';
import type { Act } from './act';
import { Acts, type ActsOptions } from './acts';
import type { Clock } from './clock';
import { Composer } from './composer';
import { Cut } from './cut';
import { MouthOnAir } from './mouth-on-air';
import type { PictureBuffers } from './picture-buffers';
import { type Slot, SpeechQueue } from './speech-queue';
import { beginsMidPicture, type Upbeat } from './upbeat';

/** Where pictures and sound go: the program's encoders. */
export interface PlayoutSink {
  /** `release` gives the buffer back when the encoder has read it; pictures whose memory is nobody else's need none. */
  picture(picture: I420Picture, ptsSamples: number, release?: () => void): void;
  /** 960 samples, valid until the call returns. */
  audio(samples: Float32Array, ptsSamples: number): void;
}

/** What the picture was made of that was sent last. */
export interface Step {
  ptsSamples: number;
  /** Undefined where nobody speaks. */
  slot: Slot | undefined;
}

export interface PlayoutFigures {
  picturesSent: number;
  framesSent: number;
  /** Speech was under way and had nothing to play. */
  underruns: number;
  /** Pictures of speech shown with the idle mouth because inference was late or failed. */
  mouthMisses: number;
  /** The loop woke so late (suspend, overload) that time was skipped instead of caught up. */
  skippedSamples: number;
  /** The avatar's picture was not decoded in time and the last one was repeated. */
  pictureMisses: number;
  /** The latest that a frame was ever sent, ms. */
  latestMs: number;
  /** A performance had nothing to show in time: its last picture stood, its sound waited with it. */
  actMisses: number;
  /** Main-thread time spent on mouths and blends, ms. */
  pasteMs: number;
}

/** A run of speech waits this long for its first mouth, and for enough sound, before it starts without. */
const FIRST_MOUTH_PATIENCE_PICTURES = 12;
/** What a run of speech starts on: 120 ms, most of what its first mouth looks at, and given by a voice in one piece. */
const START_SLOTS = 3;
/** On underrun the picture holds this long; after that the presenter idles until speech goes on. */
const HOLD_PICTURES = 3;
/** Later than this, the loop stops catching up and skips. */
const MAX_CATCH_UP_SAMPLES = 48_000;
/** The playout as one turn sees it. */
export type SpeechTarget = Pick<Playout, 'enqueue' | 'setSpeechUnderWay' | 'wantsUpbeat' | 'lead'>;

/** What a picture belongs to; where that changes, the pictures are blended. */
type Scene = 'live' | 'still' | Act;

/**
 * The one pacer of a session. Every 20 ms it hands out a frame of sound, every 40 ms a picture: speech where there is a slot,
 * a performance where one is on, the idle loop otherwise. Sound and picture of a slot, or of a step of a performance, are sent
 * together by construction, so they cannot drift.
 */
export class Playout {
  readonly figures: PlayoutFigures = {
    picturesSent: 0,
    framesSent: 0,
    underruns: 0,
    mouthMisses: 0,
    skippedSamples: 0,
    pictureMisses: 0,
    latestMs: 0,
    actMisses: 0,
    pasteMs: 0,
  };
  private readonly queue = new SpeechQueue();
  private readonly stop = new AbortController();
  private readonly silence = new Float32Array(SAMPLES_PER_FRAME);
  private readonly cut = new Cut();
  private readonly mouth = new MouthOnAir();
  /** Avatar position of the picture shown last. */
  private shown = -1;
  private current: Slot | undefined;
  private upbeat: Upbeat | undefined;
  /** Of the upbeat, while it sounds. */
  private upbeatOnAir: Float32Array | undefined;
  /** When the picture on air was due, on the clock. */
  private pictureAtSamples = 0;
  private started = false;
  private speechUnderWay = false;
  private heldPictures = 0;
  private waitedPictures = 0;
  /** Stands where the next picture is not there in time. */
  private lastBase: { picture: I420Picture; scene: Scene; release: (() => void) | undefined } | undefined;
  /** Slots whose mouths were made for the standing picture. */
  private readonly onStill = new WeakSet<Slot>();
  private readonly acts: Acts;
  private readonly composer: Composer;
  private onSilent: (() => void) | undefined;
  private running: Promise<void> | undefined;
  private frozen = false;

  constructor(
    private readonly avatar: Avatar,
    private readonly clock: Clock,
    private readonly sink: PlayoutSink,
    buffers: PictureBuffers,
    private readonly onStep: (step: Step) => void = () => {},
    acting: ActsOptions = {},
  ) {
    this.acts = new Acts(acting, (next) => this.fadeOut(next));
    this.composer = new Composer(buffers);
  }

  /** Called when the loop ends by an error: nothing is sent any more. */
  onFailed: (error: unknown) => void = () => {};

  /** Runs until `close`. The first picture and frame carry pts 0. */
  start(): void {
    this.running ??= this.loop().catch((error: unknown) => this.onFailed(error));
  }

  /** Queued slots, nearest first. The one on air is not among them. */
  get upcoming(): readonly Slot[] {
    return this.queue.slots;
  }

  /** Avatar position of the picture shown last. */
  get position(): number {
    return this.shown;
  }

  /** Pictures until the queue's head is due: 0 when it is the next picture, more than one while there is too little to start on. */
  get picturesToHead(): number {
    if (this.queue.length === 0 || this.started) return 0;
    return this.enoughToStart ? 0 : 2;
  }

  /** A run of speech that starts on its only 40 ms would stumble over the first hiccup of whoever prepares it. */
  private get enoughToStart(): boolean {
    return this.queue.length >= START_SLOTS - (this.upbeat ? 1 : 0) || !this.speechUnderWay;
  }

  /** Whether a run of speech that is queued now, and can begin in so many ms, begins sooner with an upbeat. */
  wantsUpbeat(readyInMs: number): boolean {
    if (!this.clock.realTime || this.started || this.upbeat || this.queue.length > 0 || this.acting) return false;
    return beginsMidPicture(this.clock.nowSamples() - this.pictureAtSamples, msToSamples(readyInMs));
  }

  /** What sounds right before the slot that is queued next. */
  lead(upbeat: Upbeat): void {
    this.upbeat = upbeat;
  }

  /** A performance is on air. */
  get acting(): boolean {
    return this.acts.current !== undefined;
  }

  /** Mode 1 (still): silence shows one standing picture, or `backdrop`'s pictures, which go round without sound. */
  setStill(still: boolean, backdrop?: Act): void {
    this.frozen = still;
    this.acts.setBackdrop(backdrop);
  }

  /**
   * Puts a performance on as soon as its first pictures are there, in the place of another at once, after speech that is under
   * way. Until then what is shown goes on. The act is ours to close.
   */
  perform(act: Act): void {
    this.acts.perform(act);
  }

  /** Ends the performance on air, and the one that waits. Its sound ends within this frame. */
  endActs(): void {
    this.acts.end();
  }

  /** Waits for room, then queues. Returns false when the signal aborted first. */
  async enqueue(slot: Slot, signal: AbortSignal): Promise<boolean> {
    if (this.queue.full) await this.queue.room(signal, this.stop.signal);
    if (signal.aborted || this.stop.signal.aborted) return false;
    if (this.queue.length === 0 && !this.started) this.waitedPictures = 0;
    this.queue.push(slot);
    slot.pictureIndex = this.pictureIndexAt(this.queue.length - 1);
    if (this.frozen && !this.acts.hasBackdrop) this.onStill.add(slot);
    return true;
  }

  /** Speech is announced (more slots will come) or over: an empty queue counts as an underrun only in between. */
  setSpeechUnderWay(underWay: boolean): void {
    this.speechUnderWay = underWay;
  }

  /**
   * Drops everything queued; the sound ends within this frame, the mouth closes over the next pictures. `onSilent` is called
   * when the first frame after it has gone to the encoder.
   */
  clear(onSilent?: () => void): void {
    this.onSilent = onSilent;
    const next = this.queue.clear();
    if (this.current || this.upbeatOnAir) {
      this.fadeOut(next?.samples);
      this.current = undefined;
    }
    this.upbeat = this.upbeatOnAir = undefined;
    this.endRun();
    this.speechUnderWay = false;
    this.queue.moved();
  }

  async close(): Promise<void> {
    this.stop.abort();
    this.clear();
    const closing = this.acts.close();
    await this.running;
    this.composer.close();
    this.lastBase?.release?.();
    await closing;
  }

  private async loop(): Promise<void> {
    const { signal } = this.stop;
    const startSamples = this.clock.nowSamples();
    let ptsSamples = 0;
    while (!signal.aborted) {
      await this.clock.waitUntil(startSamples + ptsSamples, signal);
      if (signal.aborted) return;
      const lateSamples = this.clock.nowSamples() - startSamples - ptsSamples;
      if (lateSamples > MAX_CATCH_UP_SAMPLES) {
        const skip = Math.floor(lateSamples / SAMPLES_PER_PICTURE) * SAMPLES_PER_PICTURE;
        this.figures.skippedSamples += skip;
        ptsSamples += skip;
      }
      this.figures.latestMs = Math.max(this.figures.latestMs, samplesToMs(lateSamples));
      const firstHalf = this.figures.framesSent % FRAMES_PER_PICTURE === 0;
      if (firstHalf && !this.clock.realTime) await this.acts.settled();
      if (firstHalf) {
        this.pictureAtSamples = startSamples + ptsSamples;
        this.step();
      } else this.stepUpbeat();
      // Sound first: a jittery frame makes every viewer's jitter buffer grow, a jittery picture only itself.
      this.sendFrame(ptsSamples, firstHalf ? 0 : SAMPLES_PER_FRAME);
      if (firstHalf) {
        const base = await this.base();
        if (signal.aborted) return;
        this.sendPicture(base, ptsSamples);
        this.onStep({ ptsSamples, slot: this.current });
      }
      ptsSamples += SAMPLES_PER_FRAME;
    }
  }

  /** What this picture shows: the performance on air, else the next slot when it is its turn, the idle loop otherwise. */
  private step(): void {
    this.current = this.upbeatOnAir = undefined;
    const { head } = this.queue;
    const busy = this.speechUnderWay || head !== undefined;
    const acting = this.acts.play({ waiting: head !== undefined, busy });
    this.figures.actMisses = this.acts.misses;
    if (acting) {
      this.endRun();
      return;
    }
    this.current = head && this.mayShow(head) ? this.take() : undefined;
    if (!this.current) this.idle(head);
  }

  /** Half way through a picture, speech may begin that was cut for it. */
  private stepUpbeat(): void {
    const { upbeat } = this;
    const { head } = this.queue;
    if (!upbeat || !head || this.current || this.acting || !this.isReady(head)) return;
    this.upbeat = undefined;
    this.upbeatOnAir = upbeat.samples;
    this.started = true;
    upbeat.onSent?.();
  }

  /** The picture for this step. In real time one that is not decoded yet is not waited for: the last one stands. */
  private async base(): Promise<{ picture: I420Picture; scene: Scene }> {
    const shown = this.ownBase() ?? (await this.avatarBase());
    const release = shown.picture.hold?.();
    this.lastBase?.release?.();
    this.lastBase = { ...shown, release };
    return shown;
  }

  /** A picture of a performance or of mode 1's own; undefined when the avatar's is to be shown. */
  private ownBase(): { picture: I420Picture; scene: Scene } | undefined {
    const { current: act, step } = this.acts;
    if (act) {
      // The loop waits for it to end: what is shown then should still be in memory.
      this.avatar.pictureNow(this.idleIndex());
      return step ? { picture: step.picture, scene: act } : this.lastBase;
    }
    return this.frozen && !this.started ? this.acts.takeBackdrop() : undefined;
  }

  private async avatarBase(): Promise<{ picture: I420Picture; scene: Scene }> {
    const still = this.current ? this.onStill.has(this.current) : this.standing;
    const scene = still ? 'still' : 'live';
    const index = this.current?.pictureIndex ?? this.idleIndex();
    const silent = this.queue.length === 0 && !this.started;
    if (!still && this.shown >= 0) this.avatar.onAir?.(this.shown, { silent });
    const picture = this.avatar.pictureNow(index);
    if (picture) return { picture, scene };
    if (this.clock.realTime && this.lastBase) {
      this.figures.pictureMisses++;
      return this.lastBase;
    }
    return { picture: await this.avatar.picture(index), scene };
  }

  /** Is it the head's turn? Counts the patience it has for its mouth. */
  private mayShow(head: Slot): boolean {
    if (this.started || (!this.upbeat && this.isReady(head))) return true;
    this.waitedPictures++;
    return false;
  }

  private isReady(head: Slot): boolean {
    if (this.waitedPictures >= FIRST_MOUTH_PATIENCE_PICTURES) return true;
    return this.enoughToStart && head.patch !== undefined;
  }

  private take(): Slot {
    this.started = true;
    this.heldPictures = 0;
    this.shown++;
    return this.queue.take();
  }

  private idle(head: Slot | undefined): void {
    if (head) return; // its mouth is on its way: the last picture stands
    if (this.started) {
      if (this.speechUnderWay) {
        if (this.heldPictures === 0) this.figures.underruns++;
        if (this.heldPictures++ < HOLD_PICTURES) return;
      }
      this.endRun();
    }
    this.shown++;
  }

  private endRun(): void {
    this.started = false;
    this.heldPictures = 0;
  }

  /** Is the avatar's one standing picture what is shown? Mode 1's own pictures have no mouth to move: speech walks the loop. */
  private get standing(): boolean {
    return this.frozen && !(this.acts.hasBackdrop && this.started);
  }

  private idleIndex(): number {
    return this.standing ? this.avatar.stillIndex : this.avatar.indexAt(Math.max(0, this.shown));
  }

  private pictureIndexAt(queuePosition: number): number {
    if (this.frozen && !this.acts.hasBackdrop) return this.avatar.stillIndex;
    // A run of speech is prepared for the head's next picture, so the head never jumps. If the mouth is not there by then, the
    // picture stands for one or two: nobody sees it, and everybody hears the answer 40 ms sooner.
    return this.avatar.indexAt(this.shown + 1 + queuePosition);
  }

  private sendPicture({ picture: base, scene }: { picture: I420Picture; scene: Scene }, ptsSamples: number): void {
    this.figures.picturesSent++;
    const startMs = performance.now();
    const patch = this.current?.patch;
    if (this.current && !patch) this.figures.mouthMisses++;
    const { picture, changed, release } = this.composer.compose(base, scene, this.mouth.next(patch, base, scene));
    if (changed) this.figures.pasteMs += performance.now() - startMs;
    this.sink.picture(picture, ptsSamples, release);
  }

  private sendFrame(ptsSamples: number, offset: number): void {
    this.sendSound(ptsSamples, offset);
    const { onSilent } = this;
    this.onSilent = undefined;
    onSilent?.();
  }

  private sendSound(ptsSamples: number, offset: number): void {
    this.figures.framesSent++;
    const samples = this.upbeatOnAir ?? this.soundOnAir?.subarray(offset, offset + SAMPLES_PER_FRAME) ?? this.silence;
    this.sink.audio(this.cut.over(samples), ptsSamples);
  }

  /** What sounds ends with this frame. @param next what would have been sent where this picture's sound is all out */
  private fadeOut(next: Float32Array | undefined): void {
    const midPicture = this.figures.framesSent % FRAMES_PER_PICTURE === 1;
    this.cut.at(midPicture ? this.soundOnAir?.subarray(SAMPLES_PER_FRAME) : next);
  }

  private get soundOnAir(): Float32Array | undefined {
    return this.current?.samples ?? this.acts.step?.samples;
  }
}
