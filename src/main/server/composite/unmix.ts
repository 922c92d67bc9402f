/** White and black of a matte's luma, limited range; what is nearer to them than a compressed matte is exact counts as them. */
const BLACK = 16;
const SPAN = 219;
const SLACK = 5;

/**
 * A pixel says what colour the presenter has there from this much of it on, and says it surely from the other on. Taking the
 * wall out of a pixel that is nine tenths wall multiplies what the codec did to it by ten.
 */
const SPEAKS_FROM = 0.3;
const SURE_FROM = 0.8;

interface Level {
  width: number;
  height: number;
  /** Colour of each cell, and how sure it is of it, 0 to 1. */
  values: Float32Array;
  weights: Float32Array;
}

/**
 * Takes the wall out of a presenter's pictures: what is left is the presenter's own colour, straight, and how much of it there is.
 *
 * Where the presenter ends its colours go on: every pixel that knows none of its own gets that of what is near, by a pyramid of
 * means (the push-pull of Gortler et al., The Lumigraph, 1996). Nobody sees it, but scalers, chroma at half the size and lossy
 * codecs all mix neighbours, and would bring the wall, or black, back into the edges.
 */
export class Unmixer {
  private readonly alpha: Uint8Array;
  private readonly luma: Level[];
  private readonly chroma: Level[];

  /** @param wall tight I420 of this size: what is behind the presenter */
  constructor(
    private readonly widthPx: number,
    private readonly heightPx: number,
    private readonly wall: Uint8Array,
  ) {
    this.alpha = alphaOfMattes();
    this.luma = pyramid(widthPx, heightPx);
    this.chroma = pyramid(widthPx >> 1, heightPx >> 1);
  }

  /**
   * In place.
   * @param picture tight I420 with room for widthPx * heightPx bytes of alpha (0 to 255) behind it
   * @param matte tight I420, of which the luma counts: white where the presenter is
   */
  unmix(picture: Uint8Array, matte: Uint8Array): void {
    const { widthPx, heightPx, alpha } = this;
    const pixels = widthPx * heightPx;
    const alphaAt = (pixels * 3) / 2;
    const [top] = this.luma as [Level];
    for (let i = 0; i < pixels; i++) {
      const a = alpha[matte[i]!]!;
      picture[alphaAt + i] = a;
      this.take(top, i, picture[i]!, this.wall[i]!, a);
    }
    goOn(this.luma, picture, 0);
    const halfWidth = widthPx >> 1;
    const quarter = pixels >> 2;
    for (let plane = pixels; plane < alphaAt; plane += quarter) {
      const [cells] = this.chroma as [Level];
      for (let row = 0, at = 0; row < heightPx >> 1; row++) {
        let near = alphaAt + row * 2 * widthPx;
        for (let column = 0; column < halfWidth; column++, at++, near += 2) {
          const four = picture[near]! + picture[near + 1]! + picture[near + widthPx]! + picture[near + widthPx + 1]!;
          this.take(cells, at, picture[plane + at]!, this.wall[plane + at]!, four / 4);
        }
      }
      goOn(this.chroma, picture, plane);
    }
  }

  private take({ values, weights }: Level, at: number, seen: number, wall: number, alpha: number): void {
    if (alpha === 255) {
      values[at] = seen;
      weights[at] = 1;
      return;
    }
    const share = alpha / 255;
    const weight = (share - SPEAKS_FROM) / (SURE_FROM - SPEAKS_FROM);
    weights[at] = weight <= 0 ? 0 : weight >= 1 ? 1 : weight;
    if (weight <= 0) return;
    const own = wall + (seen - wall) / share;
    values[at] = own < 0 ? 0 : own > 255 ? 255 : own;
  }
}

function alphaOfMattes(): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, luma) => {
    if (luma <= BLACK + SLACK) return 0;
    if (luma >= BLACK + SPAN - SLACK) return 255;
    return Math.round(((luma - BLACK) * 255) / SPAN);
  });
}

function pyramid(width: number, height: number): Level[] {
  const level = (w: number, h: number): Level => ({
    width: w,
    height: h,
    values: new Float32Array(w * h),
    weights: new Float32Array(w * h),
  });
  const levels = [level(width, height)];
  for (let w = width, h = height; w > 1 || h > 1; ) {
    w = (w + 1) >> 1;
    h = (h + 1) >> 1;
    levels.push(level(w, h));
  }
  return levels;
}

/** Colours go on where there are none, and the finest level is written to the picture. */
function goOn(levels: Level[], picture: Uint8Array, offset: number): void {
  for (let n = 1; n < levels.length; n++) push(levels[n - 1]!, levels[n]!);
  for (let n = levels.length - 2; n >= 0; n--) pull(levels[n + 1]!, levels[n]!);
  const { values } = levels[0]!;
  for (let i = 0; i < values.length; i++) picture[offset + i] = values[i]! + 0.5;
}

/** A cell of four: the mean of what they know. */
function push(fine: Level, coarse: Level): void {
  for (let row = 0, at = 0; row < coarse.height; row++) {
    const upper = row * 2 * fine.width;
    const lower = row * 2 + 1 < fine.height ? upper + fine.width : -1;
    for (let column = 0; column < coarse.width; column++, at++) {
      const left = column * 2;
      const both = left + 1 < fine.width;
      let weight = 0;
      let sum = 0;
      for (let line = upper; line >= 0; line = line === upper ? lower : -1) {
        const w = fine.weights[line + left]!;
        weight += w;
        sum += w * fine.values[line + left]!;
        if (!both) continue;
        const v = fine.weights[line + left + 1]!;
        weight += v;
        sum += v * fine.values[line + left + 1]!;
      }
      coarse.weights[at] = weight > 1 ? 1 : weight;
      if (weight > 0) coarse.values[at] = sum / weight;
    }
  }
}

/** What a cell does not know itself it has from those of four around it, by their distance. */
function pull(coarse: Level, fine: Level): void {
  for (let row = 0, at = 0; row < fine.height; row++) {
    const near = row >> 1;
    const far = Math.min(coarse.height - 1, Math.max(0, near + (row & 1 ? 1 : -1)));
    const nearRow = near * coarse.width;
    const farRow = far * coarse.width;
    for (let column = 0; column < fine.width; column++, at++) {
      const weight = fine.weights[at]!;
      if (weight === 1) continue;
      const x = column >> 1;
      const y = Math.min(coarse.width - 1, Math.max(0, x + (column & 1 ? 1 : -1)));
      const around =
        (9 * coarse.values[nearRow + x]! +
          3 * coarse.values[nearRow + y]! +
          3 * coarse.values[farRow + x]! +
          coarse.values[farRow + y]!) /
        16;
      fine.values[at] = weight === 0 ? around : weight * fine.values[at]! + (1 - weight) * around;
    }
  }
}
