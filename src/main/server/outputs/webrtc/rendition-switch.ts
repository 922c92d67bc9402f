import { msToSamples } from '../../../../shared/units';
import type { EncodedPacket, Rendition } from '../output';

/** A rendition whose keyframe does not come in this time is not waited for. */
const PATIENCE_SAMPLES = msToSamples(1_000);

/**
 * Which packets of two renditions one viewer is sent: those of one up to a picture, and those of the other, which begins with a
 * keyframe, from the next picture on. Times go up and no picture is sent twice.
 */
export class RenditionSwitch {
  private current: Rendition = 'program';
  private wanted: Rendition = 'program';
  private cutSamples: number | undefined;
  private wantedSinceSamples = 0;
  private newestSamples = Number.NEGATIVE_INFINITY;
  private sentSamples = Number.NEGATIVE_INFINITY;

  /** What is sent now. */
  get sending(): Rendition {
    return this.current;
  }

  /** What is, or will be, sent. */
  get goal(): Rendition {
    return this.wanted;
  }

  get waiting(): boolean {
    return this.current !== this.wanted;
  }

  goTo(rendition: Rendition): void {
    this.wanted = rendition;
    this.wantedSinceSamples = this.newestSamples;
    this.cutSamples = undefined;
  }

  /** The picture at this time will be a keyframe of the rendition: a place to cut. */
  keyframeAt(rendition: Rendition, ptsSamples: number): void {
    if (this.waiting && rendition === this.wanted && ptsSamples > this.sentSamples) this.cutSamples ??= ptsSamples;
  }

  /** Whether the packet goes out. */
  takes(rendition: Rendition, { ptsSamples, keyframe }: EncodedPacket): boolean {
    this.newestSamples = Math.max(this.newestSamples, ptsSamples);
    if (ptsSamples <= this.sentSamples) return false;
    if (this.waiting && rendition === this.wanted) {
      if (!keyframe) return false;
      this.current = rendition;
      this.cutSamples = undefined;
    }
    if (rendition !== this.current || this.givenUp(ptsSamples)) return false;
    this.sentSamples = ptsSamples;
    return true;
  }

  /** Whether a picture of the rendition that is being left is not to be sent any more. */
  private givenUp(ptsSamples: number): boolean {
    if (!this.waiting) return false;
    // The network is full with the program: nothing of it helps now. It is back when live does not come.
    if (this.wanted === 'live') return ptsSamples - this.wantedSinceSamples < PATIENCE_SAMPLES;
    if (this.cutSamples === undefined || ptsSamples < this.cutSamples) return false;
    if (ptsSamples - this.cutSamples < PATIENCE_SAMPLES) return true;
    this.cutSamples = undefined;
    return false;
  }
}
