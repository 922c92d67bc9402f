import { SAMPLES_PER_FRAME } from '../../../shared/units';

/** 5 ms. */
const FADE_SAMPLES = 240;

/** A hard cut clicks: what would have sounded next goes out under what sounds instead. */
export class Cut {
  private readonly mixed = new Float32Array(SAMPLES_PER_FRAME);
  private tail: Float32Array | undefined;

  /** @param next what would have been the next frame, where there was anything */
  at(next: Float32Array | undefined): void {
    this.tail = next;
  }

  /** The frame after a cut with the faded rest in it; any other frame as it is. Valid until the next call. */
  over(samples: Float32Array): Float32Array {
    const { tail, mixed } = this;
    if (!tail) return samples;
    this.tail = undefined;
    mixed.set(samples);
    for (let i = 0; i < FADE_SAMPLES; i++) mixed[i]! += (tail[i] ?? 0) * (1 - i / FADE_SAMPLES);
    return mixed;
  }
}
