import { msToSamples } from '../../../shared/units';

/**
 * However many viewers ask, and however often: a keyframe costs several pictures' bits, and everyone who watches gets it. Two a
 * second, and the second of them soon: one who joins asks when it is answered and again once it is connected.
 */
const MIN_DISTANCE_SAMPLES = msToSamples(200);
const TWO_WITHIN_SAMPLES = msToSamples(1_000);

/** Decides which pictures of one rendition become keyframes. Requests fall together but none is lost: it waits for its turn. */
export class Keyframes {
  private lastSamples = Number.NEGATIVE_INFINITY;
  private beforeLastSamples = Number.NEGATIVE_INFINITY;
  private wanted = false;

  /** For the next picture, or the first one that is far enough from the last keyframe. */
  request(): void {
    this.wanted = true;
  }

  /**
   * Whether the picture at this time has to be one.
   * @param cadenceSamples longest distance between two, nobody asking
   */
  due(ptsSamples: number, cadenceSamples: number): boolean {
    const soonest = Math.max(this.lastSamples + MIN_DISTANCE_SAMPLES, this.beforeLastSamples + TWO_WITHIN_SAMPLES);
    if (ptsSamples < (this.wanted ? soonest : this.lastSamples + cadenceSamples)) return false;
    this.wanted = false;
    this.made(ptsSamples);
    return true;
  }

  /** The encoder made one, asked or not. */
  made(ptsSamples: number): void {
    if (ptsSamples <= this.lastSamples) return;
    this.beforeLastSamples = this.lastSamples;
    this.lastSamples = ptsSamples;
  }
}
