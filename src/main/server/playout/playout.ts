import { FRAMES_PER_PICTURE, SAMPLES_PER_FRAME, SAMPLES_PER_PICTURE, samplesToMs } from '../../../shared/units';
import type { Avatar, I420Picture } from '../avatar/avatar';
import { paste } from '../composite/paste';
import type { MouthPatch } from '../mouth/mouth';
import type { Clock } from './clock';
import type { PictureBuffers } from './picture-buffers';

/** 40 ms of a turn: its sound, the avatar picture it was prepared for, and (once inferred) the mouth. */
export interface Slot {
  /** 1,920 samples at 48 kHz. */
  readonly samples: Float32Array;
  /** Which avatar picture the mouth was made for. Assigned by `enqueue`. */
  pictureIndex: number;
  /** `undefined` until inference answers; `null` when this picture shows the idle mouth. */
  patch: MouthPatch | null | undefined;
  /** Called when the slot's first sample goes to the encoder. */
  readonly onSent?: () => void;
  /** Called when the slot leaves the queue, sent or dropped. */
  readonly onGone?: (sent: boolean) => void;
}

/** Where pictures and sound go: the program's encoders. */
export interface PlayoutSink {
  /** `release` gives the buffer back when the encoder has read it; the avatar's own pictures need none. */
  picture(picture: I420Picture, ptsSamples: number, release?: () => void): void;
  /** 960 samples, valid until the call returns. */
  audio(samples: Float32Array, ptsSamples: number): void;
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
  /** Main-thread time spent pasting mouths, ms. */
  pasteMs: number;
}

/** A slot waits this long for its first mouth before speech starts without it. */
const FIRST_MOUTH_PATIENCE_PICTURES = 12;
/** On underrun the picture holds this long; after that the presenter idles until speech goes on. */
const HOLD_PICTURES = 3;
/** Pictures over which the mouth returns to the idle mouth when speech ends or is cut. */
const FADE_PICTURES = 3;
const CUT_FADE_SAMPLES = 240;
/** Later than this, the loop stops catching up and skips. */
const MAX_CATCH_UP_SAMPLES = 48_000;
/** Queued speech never exceeds this (4 s): enough for a voice to fetch its next sentence, soon prepared, little to throw away. */
export const MAX_QUEUED_SLOTS = 100;
/** Speech that starts from idle is prepared for the picture this far ahead, so that inference has time. */
export const LEAD_PICTURES = 1;

/**
 * The one pacer of a session. Every 20 ms it hands out a frame of sound, every 40 ms a picture: speech where there is a slot,
 * the idle loop otherwise. Sound and picture of a slot are sent together by construction, so lips cannot drift.
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
    pasteMs: 0,
  };
  private readonly queue: Slot[] = [];
  private readonly stop = new AbortController();
  private readonly silence = new Float32Array(SAMPLES_PER_FRAME);
  private readonly faded = new Float32Array(SAMPLES_PER_FRAME);
  /** Avatar position of the picture shown last. */
  private shown = -1;
  private current: Slot | undefined;
  private started = false;
  /** Avatar position that the next run of speech was prepared for. */
  private startAt = 0;
  private speechUnderWay = false;
  private heldPictures = 0;
  private waitedPictures = 0;
  private lastPatch: { patch: MouthPatch; remaining: number } | undefined;
  private lastBase: I420Picture | undefined;
  private cutTail: Float32Array | undefined;
  private onSilent: (() => void) | undefined;
  private room: (() => void)[] = [];
  private running: Promise<void> | undefined;
  private frozen = false;

  constructor(
    private readonly avatar: Avatar,
    private readonly clock: Clock,
    private readonly sink: PlayoutSink,
    private readonly buffers: PictureBuffers,
    private readonly onStep: () => void = () => {},
  ) {}

  /** Runs until `close`. The first picture and frame carry pts 0. */
  start(): void {
    this.running ??= this.loop();
  }

  /** Queued slots, nearest first. The one on air is not among them. */
  get upcoming(): readonly Slot[] {
    return this.queue;
  }

  /** Avatar position of the picture shown last. */
  get position(): number {
    return this.shown;
  }

  /** Pictures until the queue's head is due: 0 when it is the next picture. */
  get picturesToHead(): number {
    return this.queue.length === 0 || this.started ? 0 : Math.max(0, this.startAt - this.shown - 1);
  }

  /** Mode 1 (still): silence shows one standing picture. */
  setStill(still: boolean): void {
    this.frozen = still;
  }

  /** Waits for room, then queues. Returns false when the signal aborted first. */
  async enqueue(slot: Slot, signal: AbortSignal): Promise<boolean> {
    while (this.queue.length >= MAX_QUEUED_SLOTS) {
      if (signal.aborted || this.stop.signal.aborted) return false;
      await this.roomOr(signal);
    }
    if (signal.aborted || this.stop.signal.aborted) return false;
    if (this.queue.length === 0 && !this.started) {
      // A new run of speech reserves its place a little ahead; until then the idle loop goes on, so the head never jumps.
      this.startAt = this.shown + 1 + LEAD_PICTURES;
      this.waitedPictures = 0;
    }
    this.queue.push(slot);
    slot.pictureIndex = this.pictureIndexAt(this.queue.length - 1);
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
    const dropped = this.queue.splice(0);
    for (const slot of dropped) slot.onGone?.(false);
    if (this.current) {
      // What would have sounded next, so that the cut can fade instead of click.
      const midPicture = this.figures.framesSent % FRAMES_PER_PICTURE === 1;
      this.cutTail = midPicture ? this.current.samples.subarray(SAMPLES_PER_FRAME) : dropped[0]?.samples;
      this.current = undefined;
    }
    this.endRun();
    this.speechUnderWay = false;
    this.wake();
  }

  async close(): Promise<void> {
    this.stop.abort();
    this.clear();
    await this.running;
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
      if (firstHalf) this.step();
      // Sound first: a jittery frame makes every viewer's jitter buffer grow, a jittery picture only itself.
      this.sendFrame(ptsSamples, firstHalf ? 0 : SAMPLES_PER_FRAME);
      if (firstHalf) {
        const base = await this.base();
        if (signal.aborted) return;
        this.sendPicture(base, ptsSamples);
        this.onStep();
      }
      ptsSamples += SAMPLES_PER_FRAME;
    }
  }

  /** What this picture shows: the next slot when it is its turn, the idle loop otherwise. */
  private step(): void {
    const head = this.queue[0];
    this.current = head && this.mayShow(head) ? this.take(head) : undefined;
    if (!this.current) this.idle(head);
  }

  /** The avatar's picture for this step. In real time one that is not decoded yet is not waited for: the last one stands. */
  private async base(): Promise<I420Picture> {
    const index = this.current?.pictureIndex ?? this.idleIndex();
    let base = this.avatar.pictureNow(index);
    if (!base && this.clock.realTime && this.lastBase) {
      this.figures.pictureMisses++;
      return this.lastBase;
    }
    base ??= await this.avatar.picture(index);
    this.lastBase = base;
    return base;
  }

  /** Is it the head's turn? Counts the patience it has for its mouth. */
  private mayShow(head: Slot): boolean {
    if (this.started) return true;
    if (this.shown + 1 < this.startAt) return false;
    if (head.patch !== undefined || this.waitedPictures >= FIRST_MOUTH_PATIENCE_PICTURES) return true;
    this.waitedPictures++;
    return false;
  }

  private take(head: Slot): Slot {
    this.queue.shift();
    this.started = true;
    this.heldPictures = 0;
    this.shown++;
    head.onSent?.();
    head.onGone?.(true);
    this.wake();
    return head;
  }

  private idle(head: Slot | undefined): void {
    const holding = head !== undefined && this.shown + 1 >= this.startAt;
    if (holding) return; // the head's picture is next, its mouth is on its way: the last picture stands
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

  private idleIndex(): number {
    return this.frozen ? this.avatar.stillIndex : this.avatar.indexAt(Math.max(0, this.shown));
  }

  private pictureIndexAt(queuePosition: number): number {
    if (this.frozen) return this.avatar.stillIndex;
    const next = this.started ? this.shown + 1 : Math.max(this.startAt, this.shown + 1);
    return this.avatar.indexAt(next + queuePosition);
  }

  private sendPicture(base: I420Picture, ptsSamples: number): void {
    this.figures.picturesSent++;
    const patch = this.current?.patch;
    if (this.current && !patch) this.figures.mouthMisses++;
    if (patch) this.lastPatch = { patch, remaining: FADE_PICTURES };
    const fade = this.lastPatch;
    if (!patch && fade && --fade.remaining <= 0) this.lastPatch = undefined;
    const shownPatch = patch ?? this.lastPatch?.patch;
    const buffer = shownPatch && this.buffers.take();
    if (!shownPatch || !buffer) {
      this.sink.picture(base, ptsSamples);
      return;
    }
    const alpha = patch ? 1 : fade!.remaining / FADE_PICTURES;
    const startMs = performance.now();
    paste(base, shownPatch, buffer.data, alpha);
    this.figures.pasteMs += performance.now() - startMs;
    this.sink.picture(
      { widthPx: base.widthPx, heightPx: base.heightPx, data: buffer.data },
      ptsSamples,
      buffer.release,
    );
  }

  private sendFrame(ptsSamples: number, offset: number): void {
    this.sendSound(ptsSamples, offset);
    const { onSilent } = this;
    this.onSilent = undefined;
    onSilent?.();
  }

  private sendSound(ptsSamples: number, offset: number): void {
    this.figures.framesSent++;
    if (this.current) {
      this.sink.audio(this.current.samples.subarray(offset, offset + SAMPLES_PER_FRAME), ptsSamples);
      return;
    }
    if (this.cutTail) {
      // A hard cut clicks: what would have come next is faded out over 5 ms.
      this.faded.fill(0);
      for (let i = 0; i < CUT_FADE_SAMPLES; i++) this.faded[i] = (this.cutTail[i] ?? 0) * (1 - i / CUT_FADE_SAMPLES);
      this.cutTail = undefined;
      this.sink.audio(this.faded, ptsSamples);
      return;
    }
    this.sink.audio(this.silence, ptsSamples);
  }

  private wake(): void {
    const waiting = this.room;
    this.room = [];
    for (const resume of waiting) resume();
  }

  private roomOr(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      signal.addEventListener('abort', done, { once: true });
      this.room.push(done);
    });
  }
}
