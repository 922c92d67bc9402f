import { PICTURE_MS } from '../../../shared/units';
import type { VisemePicture } from '../../../shared/viseme-protocol';
import type { Mouth } from '../mouth/mouth';
import type { Step } from '../playout/playout';
import type { Slot } from '../playout/speech-queue';
import { ShapeMixer } from '../visemes/arkit';
import { visemeModel } from '../visemes/model';
import { VisemeMixer } from '../visemes/oculus';
import { PAD_WITHIN_PICTURES, type Wanted } from './lips';

/** Asked for this far ahead of the picture on air: an answer takes a millisecond, or as long as the picture that is being drawn. */
const RUN_AHEAD_PICTURES = 6;
const MAX_IN_FLIGHT = 3;

export type VisemeListener = (picture: VisemePicture) => void;

export interface VisemesOptions {
  mouth: Pick<Mouth, 'coefficients' | 'windowStartMs'>;
  /** They cannot be had. */
  onFault(error: unknown): void;
  /** The RTP timestamps that a moment of the session has for its viewer. */
  rtpAt?(ptsSamples: number): VisemePicture['rtp'];
}

/**
 * The mouth of each picture of speech in numbers, for clients that draw a face themselves; told as the picture is sent. Nothing is
 * computed while nobody listens. Silence is told once, as `sil`.
 */
export class Visemes {
  readonly figures = { visemePictures: 0, visemeMisses: 0 };
  private readonly listeners = new Set<VisemeListener>();
  private readonly wanted = new WeakMap<Slot, Wanted>();
  private readonly values = new WeakMap<Slot, { wanted: Wanted; values: Float32Array }>();
  private mixers: { visemes: VisemeMixer; shapes: ShapeMixer; windowStartMs: number } | undefined;
  private inFlight = 0;
  private silent = true;
  private failed = false;

  constructor(private readonly options: VisemesOptions) {}

  /** Every picture of speech from now on, in order; the returned function ends that. */
  subscribe(listener: VisemeListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  get listenerCount(): number {
    return this.listeners.size;
  }

  expect(slot: Slot, wanted: Wanted): void {
    this.wanted.set(slot, wanted);
  }

  /** Asks for the coefficients of what is on next, each once. */
  pump(upcoming: readonly Slot[], picturesToHead: number): void {
    if (this.listeners.size === 0 || this.failed || !this.options.mouth.coefficients) return;
    const mixers = this.loaded();
    if (!mixers) return;
    const reach = Math.min(RUN_AHEAD_PICTURES, upcoming.length);
    for (let k = 0; k < reach && this.inFlight < MAX_IN_FLIGHT; k++) {
      const slot = upcoming[k]!;
      const wanted = this.wanted.get(slot);
      if (!wanted) continue;
      // The mel was made for the window of the weights that draw, which may begin elsewhere.
      const shift = (mixers.windowStartMs - this.options.mouth.windowStartMs) / PICTURE_MS;
      const pad = picturesToHead + k <= PAD_WITHIN_PICTURES;
      const window = wanted.mel.window(wanted.turnPicture + shift, { pad });
      if (!window) return;
      this.wanted.delete(slot);
      void this.ask(slot, wanted, window);
    }
  }

  /** To be called with every picture sent. */
  shown({ ptsSamples, slot }: Step): void {
    if (this.listeners.size === 0) {
      this.silent = true;
      return;
    }
    const known = slot && this.values.get(slot);
    if (slot && !known) {
      this.figures.visemeMisses++;
      return;
    }
    const { visemes, shapes } = known ? this.mixed(known.values) : AT_REST;
    const silent = visemes.sil === 1;
    if (silent && this.silent) return;
    this.silent = silent;
    this.figures.visemePictures++;
    const rtp = this.options.rtpAt?.(ptsSamples);
    const said = known && { turn: known.wanted.turn, turnMs: known.wanted.turnPicture * PICTURE_MS };
    const picture: VisemePicture = { ptsSamples, ...(rtp && { rtp }), ...said, visemes, shapes };
    for (const listener of [...this.listeners]) listener(picture);
  }

  close(): void {
    this.listeners.clear();
  }

  private async ask(
    slot: Slot,
    wanted: Wanted,
    window: Parameters<NonNullable<Mouth['coefficients']>>[0],
  ): Promise<void> {
    this.inFlight++;
    try {
      const values = await this.options.mouth.coefficients!(window, wanted.signal);
      if (values) this.values.set(slot, { wanted, values });
    } catch (error) {
      this.fail(error);
    } finally {
      this.inFlight--;
    }
  }

  private mixed(values: Float32Array): Pick<VisemePicture, 'visemes' | 'shapes'> {
    const { visemes, shapes } = this.mixers!;
    return { visemes: visemes.mix(values), shapes: shapes.mix(values) };
  }

  private loaded(): Visemes['mixers'] {
    if (this.mixers) return this.mixers;
    try {
      const model = visemeModel();
      const { windowStartMs, coefficients } = model;
      this.mixers = { visemes: new VisemeMixer(model), shapes: new ShapeMixer(coefficients), windowStartMs };
    } catch (error) {
      this.fail(error);
    }
    return this.mixers;
  }

  private fail(error: unknown): void {
    if (this.failed) return;
    this.failed = true;
    this.options.onFault(error);
  }
}

const AT_REST: Pick<VisemePicture, 'visemes' | 'shapes'> = { visemes: { sil: 1 }, shapes: {} };
