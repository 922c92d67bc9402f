import { PICTURE_MS } from '../../../shared/units';
import type { Avatar } from '../avatar/avatar';
import type { MelStream } from '../features/mel-stream';
import type { MelWindow, Mouth } from '../mouth/mouth';
import type { Playout } from '../playout/playout';
import type { Slot } from '../playout/speech-queue';
import type { Visemes } from './visemes';

/** Inference runs at most this far ahead of the picture on air: enough to hide a busy machine, little enough to throw away. */
const RUN_AHEAD_PICTURES = 12;
/** Requests of one session under way: one at work, the others on the way there. Sessions share the process fairly by it. */
const MAX_IN_FLIGHT = 3;
const PREPARED_PER_STEP = 2;
/** The picture that speech would start on if it began now. */
const FIRST_PREPARED_AHEAD = 3;
/** A window that still lacks future sound waits until its picture is this near; then the lack counts as silence. */
export const PAD_WITHIN_PICTURES = 1;

/** What is known of a slot that a mouth is wanted for. */
export interface Wanted {
  turn: number;
  /** Lies between two where the turn begins with an upbeat. */
  turnPicture: number;
  mel: MelStream;
  signal: AbortSignal;
}

/** Asks for the mouths of the slots that are due soon, each once, with the most sound that its window can have by then. */
export class Lips {
  private readonly wanted = new WeakMap<Slot, Wanted>();
  private inFlight = 0;
  /** Avatar position up to which faces were made ready. */
  private preparedTo = 0;

  constructor(
    private readonly avatar: Avatar,
    private readonly mouth: Mouth,
    private readonly playout: Playout,
    private readonly visemes?: Pick<Visemes, 'expect' | 'pump'>,
  ) {}

  /** How long a mouth that is asked for now would take. */
  get answerInMs(): number {
    return this.mouth.answerInMs ?? 0;
  }

  expect(slot: Slot, wanted: Wanted): void {
    this.wanted.set(slot, wanted);
    this.visemes?.expect(slot, wanted);
    this.pump();
  }

  /** Called with every picture sent. In silence, the faces that speech may need next are made ready, two at a time. */
  onStep(): void {
    this.pump();
    if (this.playout.upcoming.length > 0) return;
    const { position } = this.playout;
    const furthest = position + (this.avatar.reachPictures ?? this.avatar.pictureCount);
    this.preparedTo = Math.max(this.preparedTo, position + FIRST_PREPARED_AHEAD);
    for (let n = 0; n < PREPARED_PER_STEP && this.preparedTo < furthest; n++) {
      this.mouth.prepare(this.avatar, this.avatar.indexAt(this.preparedTo++));
    }
  }

  /** Asks for what is due; called whenever time has moved or sound has arrived. */
  pump(): void {
    const { upcoming, picturesToHead } = this.playout;
    this.visemes?.pump(upcoming, picturesToHead); // first: they are quick
    const reach = Math.min(RUN_AHEAD_PICTURES, upcoming.length);
    for (let k = 0; k < reach && this.inFlight < MAX_IN_FLIGHT; k++) {
      const slot = upcoming[k]!;
      const wanted = this.wanted.get(slot);
      if (!wanted) continue;
      // An engine that is away may be back when this picture is next.
      if (this.mouth.canAnswer === false && picturesToHead + k > 0) return;
      const late = (this.mouth.answerInMs ?? 0) > Math.max(1, picturesToHead + k) * PICTURE_MS;
      // The furthest is asked for all the same when nothing is under way: else a slow moment would never be known to be over.
      if (late && (this.inFlight > 0 || k < RUN_AHEAD_PICTURES - 1)) {
        // Its time would be over before its mouth is drawn, and the next ones would wait for it.
        this.wanted.delete(slot);
        slot.patch = null;
        continue;
      }
      const pad = picturesToHead + k <= PAD_WITHIN_PICTURES;
      const window = wanted.mel.window(wanted.turnPicture, { pad });
      if (!window) return; // later windows lack even more
      this.wanted.delete(slot);
      this.avatar.pictureNow(slot.pictureIndex);
      void this.infer(slot, window, wanted.signal);
    }
  }

  private async infer(slot: Slot, window: MelWindow, signal: AbortSignal): Promise<void> {
    this.inFlight++;
    try {
      const { pictureIndex } = slot;
      slot.patch = (await this.mouth.infer({ avatar: this.avatar, pictureIndex, window }, signal)) ?? null;
    } catch {
      slot.patch = null; // the idle mouth; the engine has told its own story
    } finally {
      this.inFlight--;
    }
    this.pump();
  }
}
