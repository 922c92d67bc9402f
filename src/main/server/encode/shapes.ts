import { PICTURES_PER_SECOND, SAMPLE_RATE_HZ } from '../../../shared/units';

/** Size and rhythm of pictures. */
export interface Shape {
  widthPx: number;
  heightPx: number;
  /** 1: each picture is sent, 2: every second one. */
  everyNth: 1 | 2;
}

const SCALES = [1, 3 / 4, 1 / 2, 3 / 8];
/** A head on fewer lines than these is better shown less often. */
const SMALLEST_SIDE_PX = 320;
/** Bits per pixel at which a talking head of x264's `ultrafast` still has lips. */
const BITS_PER_PIXEL = 0.05;
/** Room there must be before pictures grow again, and how long. */
const GROW_ABOVE = 1.25;
const GROW_AFTER_SAMPLES = SAMPLE_RATE_HZ;
const STEP_AFTER_SAMPLES = SAMPLE_RATE_HZ;

/** The shapes of a picture, the best first: smaller ones down to a size that shows a face, then half as many pictures. */
export function shapesOf(widthPx: number, heightPx: number): Shape[] {
  const sizes = SCALES.filter((scale) => scale === 1 || Math.min(widthPx, heightPx) * scale >= SMALLEST_SIDE_PX);
  const even = (px: number, scale: number) => (scale === 1 ? px : Math.round((px * scale) / 2) * 2);
  const shapes = sizes.map((scale) => ({
    widthPx: even(widthPx, scale),
    heightPx: even(heightPx, scale),
    everyNth: 1 as const,
  }));
  return [...shapes, { ...shapes.at(-1)!, everyNth: 2 }];
}

/** Which shape suits a bit rate: a smaller one at once when there is less, a larger one when there has been more for a second. */
export class ShapeChoice {
  private readonly shapes: readonly Shape[];
  private at: number | undefined;
  private steppedSamples = Number.NEGATIVE_INFINITY;
  private roomSinceSamples: number | undefined;

  constructor(widthPx: number, heightPx: number) {
    this.shapes = shapesOf(widthPx, heightPx);
  }

  choose(bitrateBps: number, nowSamples: number): Shape {
    const best = this.bestFor(bitrateBps);
    if (this.at === undefined) return this.step(best, nowSamples);
    if (nowSamples - this.steppedSamples < STEP_AFTER_SAMPLES) return this.shapes[this.at]!;
    const larger = this.bestFor(bitrateBps / GROW_ABOVE);
    if (larger >= this.at) this.roomSinceSamples = undefined;
    if (best > this.at) return this.step(best, nowSamples);
    if (larger >= this.at) return this.shapes[this.at]!;
    this.roomSinceSamples ??= nowSamples;
    if (nowSamples - this.roomSinceSamples < GROW_AFTER_SAMPLES) return this.shapes[this.at]!;
    return this.step(larger, nowSamples);
  }

  private step(to: number, nowSamples: number): Shape {
    this.at = to;
    this.steppedSamples = nowSamples;
    this.roomSinceSamples = undefined;
    return this.shapes[to]!;
  }

  private bestFor(bitrateBps: number): number {
    const found = this.shapes.findIndex((shape) => bitrateBps >= bitsOf(shape));
    return found < 0 ? this.shapes.length - 1 : found;
  }
}

const bitsOf = ({ widthPx, heightPx, everyNth }: Shape) =>
  (widthPx * heightPx * PICTURES_PER_SECOND * BITS_PER_PIXEL) / everyNth;
