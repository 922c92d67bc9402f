import type { I420Picture } from '../avatar/avatar';
import { changesNothing } from '../composite/paste';
import type { MouthPatch } from '../mouth/mouth';

/** Pictures over which the mouth returns to the idle mouth when speech ends or is cut. */
const FADE_PICTURES = 3;

/** The mouth that is pasted: a slot's own, and after it the same one for a while, fading, until the idle mouth is back. */
export class MouthOnAir {
  private last: { patch: MouthPatch; remaining: number; scene: unknown } | undefined;

  /**
   * @param base the picture that it is pasted over; one that was given is read until it is given back, by the next call or a later one
   * @param scene what the picture belongs to: on another one's picture there is no mouth in that place
   */
  next(
    patch: MouthPatch | null | undefined,
    base: I420Picture,
    scene: unknown,
  ): { patch: MouthPatch; alpha: number } | undefined {
    const fade = this.last;
    if (patch) {
      if (fade?.patch !== patch) fade?.patch.release?.();
      this.last = undefined;
      // A mouth at rest has nowhere to return to. It would be mixed into the pictures after it, where the head is elsewhere.
      if (changesNothing(base, patch)) {
        patch.release?.();
        return undefined;
      }
      this.last = { patch, remaining: FADE_PICTURES, scene };
      return { patch, alpha: 1 };
    }
    // The blend into another scene takes the mouth along.
    if (!fade || --fade.remaining <= 0 || fade.scene !== scene) {
      fade?.patch.release?.();
      this.last = undefined;
      return undefined;
    }
    return { patch: fade.patch, alpha: fade.remaining / FADE_PICTURES };
  }
}
