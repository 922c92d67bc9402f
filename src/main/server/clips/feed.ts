import type { Playout, SpeechTarget } from '../playout/playout';
import { MAX_QUEUED_SLOTS, type Slot } from '../playout/speech-queue';
import type { Holds } from './holds';

/**
 * A mouth looks 160 ms ahead. In a conversation the first one does not wait for that sound and takes it for silence; here it is
 * given all of it.
 */
const HELD_BACK_SLOTS = 6;

/**
 * The playout as a line of a script sees it. While the line still prepares sound, time waits: whatever the speed of the voice,
 * every line begins on the same picture and none runs dry. Only when the queue is full may time go on, to make room.
 */
export class Feed implements SpeechTarget {
  private release: () => void;
  private heldBack: Slot[] | undefined = [];

  constructor(
    private readonly playout: Playout,
    private readonly holds: Holds,
    private readonly signal: AbortSignal,
  ) {
    this.release = holds.hold();
  }

  async enqueue(slot: Slot, signal: AbortSignal): Promise<boolean> {
    if (this.heldBack && this.heldBack.length < HELD_BACK_SLOTS) {
      this.heldBack.push(slot);
      return !signal.aborted;
    }
    this.handOver();
    if (this.playout.upcoming.length >= MAX_QUEUED_SLOTS) this.release();
    const taken = await this.playout.enqueue(slot, signal);
    this.release();
    this.release = this.holds.hold();
    return taken;
  }

  setSpeechUnderWay(underWay: boolean): void {
    this.playout.setSpeechUnderWay(underWay);
    if (underWay) return;
    this.handOver();
    this.release(); // all is said that will be: it only has to be played
  }

  /** There is no hurry: every line begins with a picture. */
  wantsUpbeat(): boolean {
    return false;
  }

  lead(): void {
    throw new Error('a clip has no upbeats');
  }

  /** Into an empty queue, which takes them without waiting, or behind the line before. */
  private handOver(): void {
    const slots = this.heldBack ?? [];
    this.heldBack = undefined;
    for (const slot of slots) {
      void this.playout.enqueue(slot, this.signal).then((taken) => taken || slot.onGone?.(false));
    }
  }
}
