import type { MouthPatch } from '../mouth/mouth';

/** 40 ms of a turn: its sound, the avatar picture it was prepared for, and (once inferred) the mouth. */
export interface Slot {
  /** 1,920 samples at 48 kHz. */
  readonly samples: Float32Array;
  /** Which avatar picture the mouth was made for. Assigned by `Playout.enqueue`. */
  pictureIndex: number;
  /** `undefined` until inference answers; `null` when this picture shows the idle mouth. */
  patch: MouthPatch | null | undefined;
  /** Called when the slot's first sample goes to the encoder. */
  readonly onSent?: () => void;
  /** Called when the slot leaves the queue, sent or dropped. */
  readonly onGone?: (sent: boolean) => void;
}

/** Queued speech never exceeds this (4 s): enough for a voice to fetch its next sentence, soon prepared, little to throw away. */
export const MAX_QUEUED_SLOTS = 100;

/** Speech that is prepared and not on air yet, nearest first. When it is full, whoever brings more waits. */
export class SpeechQueue {
  private readonly queue: Slot[] = [];
  private waiting: (() => void)[] = [];

  get slots(): readonly Slot[] {
    return this.queue;
  }

  get length(): number {
    return this.queue.length;
  }

  get head(): Slot | undefined {
    return this.queue[0];
  }

  get full(): boolean {
    return this.queue.length >= MAX_QUEUED_SLOTS;
  }

  /** Resolves once there is room, or a signal aborted. `stop` is looked at when the queue moves. */
  async room(signal: AbortSignal, stop: AbortSignal): Promise<void> {
    while (this.full && !signal.aborted && !stop.aborted) await this.movedOr(signal);
  }

  push(slot: Slot): void {
    this.queue.push(slot);
  }

  /** The head goes on air. */
  take(): Slot {
    const head = this.queue.shift()!;
    head.onSent?.();
    head.onGone?.(true);
    this.moved();
    return head;
  }

  /** Drops everything. @returns what would have sounded next */
  clear(): Slot | undefined {
    const dropped = this.queue.splice(0);
    for (const slot of dropped) {
      slot.patch?.release?.();
      slot.onGone?.(false);
    }
    return dropped[0];
  }

  /** Those who wait look again. */
  moved(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resume of waiting) resume();
  }

  private movedOr(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      signal.addEventListener('abort', done, { once: true });
      this.waiting.push(done);
    });
  }
}
