import type { Box, I420Picture } from '../avatar/avatar';
import { blendChromaRow, blendLumaRow } from './blend';
import {
  B_TO_U,
  CHROMA_ZERO,
  KB,
  KG,
  KR,
  LUMA_BLACK,
  LUMA_RANGE,
  R_TO_V,
  U_TO_B,
  U_TO_G,
  V_TO_G,
  V_TO_R,
} from './colour';
import { cropI420 } from './crop';
import { type CompositePlan, makePlan, smoothstep } from './plan';
import { resampleColumn, resampleRows } from './resample';

/** A change of this many luma code values begins to count as new content, and of that many is nothing but new content. */
const SAME_BELOW = 5;
const NEW_ABOVE = 22;
/** Border pixels that changed by more are content (a jaw that moved), not a shift of colour. */
const COLOUR_MATCH_LIMIT = 20;
/** Less than this rounds to no change of an 8-bit pixel, whatever is around it. */
const INVISIBLE = 0.3;
const INVISIBLE_GHOST = 0.004;
/** Share of its own fine detail that is added to new content. */
const SHARPEN = 0.6;
/** Plans are small and box sizes few; an avatar whose box changes with every picture must not grow memory. */
const KEPT_PLANS = 64;

/** What is kept of a picture's face: enough to fill the network's input and to compose its output. */
export interface PreparedFace {
  plan: CompositePlan;
  /** The face at the network's size: planes Y, U, V of size * size. */
  reference: Uint8Array;
  /** The avatar's own pixels under the patch, I420. */
  original: Uint8Array;
  /** original luma - reference luma scaled up: the texture that the network's size cannot carry. */
  detail: Int8Array;
  bytes: number;
}

/** A patch whose region is relative to the face box and whose data is overwritten by the next call. */
export interface BoxPatch {
  region: Box;
  data: Uint8Array;
}

/**
 * Between the avatar's pixels and the network's, both ways, in one thread. The network's *change* of the picture, not its
 * picture, is what gets scaled up and added to the avatar's pixels:
 *
 *     result = original + mask * (up(out - reference) - ghost * detail)
 *
 * so an unchanged pixel stays exactly what it was, however small the network's picture is, and texture of skin and chin
 * survives. `ghost` rises to 1 where the change is large: there the original's fine detail (the line between closed lips)
 * belongs to what is no longer there, and is taken away. Nothing is allocated per picture.
 */
export class FaceCompositor {
  private readonly plans = new Map<string, CompositePlan>();
  private readonly planeBytes: number;
  private readonly half: number;
  /** Changes of luma and chroma, and ghost, for the lower half at the network's size. */
  private readonly deltaY: Float32Array;
  private readonly deltaU: Float32Array;
  private readonly deltaV: Float32Array;
  private readonly ghost: Float32Array;
  private readonly spread: Float32Array;
  /** The same at the region's width. */
  private changeRows = new Float32Array(0);
  private ghostRows = new Float32Array(0);
  private patch = new Uint8Array(0);

  constructor(readonly faceSizePx: number) {
    if (faceSizePx % 2 !== 0) throw new RangeError(`a face of ${faceSizePx} pixels has no half line`);
    this.planeBytes = faceSizePx * faceSizePx;
    this.half = this.planeBytes / 2;
    this.deltaY = new Float32Array(this.half);
    this.deltaU = new Float32Array(this.half);
    this.deltaV = new Float32Array(this.half);
    this.ghost = new Float32Array(this.half);
    this.spread = new Float32Array(this.half);
  }

  /** Once per avatar picture: shrinks the face and sets aside what composing needs. */
  prepare(face: I420Picture): PreparedFace {
    const plan = this.plan(face.widthPx, face.heightPx);
    const { faceSizePx: size, planeBytes } = this;
    const { shrink, grow, region } = plan;
    const reference = new Uint8Array(3 * planeBytes);
    const luma = face.widthPx * face.heightPx;
    const line = new Float32Array(Math.max(size, region.widthPx));
    for (let plane = 0; plane < 3; plane++) {
      const width = plane === 0 ? face.widthPx : face.widthPx / 2;
      const height = plane === 0 ? face.heightPx : face.heightPx / 2;
      const at = plane === 0 ? 0 : luma + ((plane - 1) * luma) / 4;
      const rows = new Float32Array(size * height);
      const pixels = face.data.subarray(at, at + width * height);
      resampleRows(pixels, width, height, plane === 0 ? shrink.lumaX : shrink.chromaX, 0, size, rows);
      for (let y = 0; y < size; y++) {
        resampleColumn(rows, size, plane === 0 ? shrink.lumaY : shrink.chromaY, y, line);
        for (let x = 0; x < size; x++) reference[plane * planeBytes + y * size + x] = Math.round(line[x]!);
      }
    }
    const original = cropI420(face, region).data;
    const detail = new Int8Array(region.widthPx * region.heightPx);
    const rows = new Float32Array((size / 2) * region.widthPx);
    resampleRows(reference.subarray(this.half), size, size / 2, grow.lumaX, 0, region.widthPx, rows);
    for (let y = 0; y < region.heightPx; y++) {
      resampleColumn(rows, region.widthPx, grow.lumaY, y, line);
      const at = y * region.widthPx;
      for (let x = 0; x < region.widthPx; x++) {
        detail[at + x] = Math.min(127, Math.max(-127, Math.round(original[at + x]! - line[x]!)));
      }
    }
    return { plan, reference, original, detail, bytes: reference.length + original.length + detail.length };
  }

  /**
   * Fills one picture of `face [N,6,S,S]` at `at`: BGR / 255; channels 0-2 without the lower half, which must be zero in the
   * tensor already, and 3-5 whole.
   */
  fill(face: PreparedFace, tensor: Float32Array, at: number): void {
    const { planeBytes, half } = this;
    const { reference } = face;
    const b = at + 3 * planeBytes;
    const g = b + planeBytes;
    const r = g + planeBytes;
    for (let i = 0; i < planeBytes; i++) {
      const y = (reference[i]! - LUMA_BLACK) / LUMA_RANGE;
      const u = reference[planeBytes + i]! - CHROMA_ZERO;
      const v = reference[2 * planeBytes + i]! - CHROMA_ZERO;
      tensor[b + i] = clamp01(y + U_TO_B * u);
      tensor[g + i] = clamp01(y + U_TO_G * u + V_TO_G * v);
      tensor[r + i] = clamp01(y + V_TO_R * v);
    }
    for (let channel = 0; channel < 3; channel++) {
      const from = b + channel * planeBytes;
      tensor.copyWithin(at + channel * planeBytes, from, from + half);
    }
  }

  /**
   * @param tensor what `fill` filled at `at`, unchanged
   * @param out the network's answer: one picture of [N,3,S-firstRow,S] in [0, 1] at `outAt`
   * @param firstRow of the picture in `out`: 0, or S / 2 for a network that draws the lower half only
   */
  compose(
    face: PreparedFace,
    tensor: Float32Array,
    at: number,
    out: Float32Array,
    outAt: number,
    firstRow = 0,
  ): BoxPatch {
    this.measureChange(tensor, at + 3 * this.planeBytes, out, outAt, firstRow);
    this.matchColour(face.plan);
    this.findGhosts();
    this.sharpen(face);
    this.applyMask(face.plan);
    return this.blend(face);
  }

  /** out - reference as changes of Y, U and V, lower half only. */
  private measureChange(tensor: Float32Array, at: number, out: Float32Array, outAt: number, firstRow: number): void {
    const { planeBytes, half, deltaY, deltaU, deltaV } = this;
    const to = at + half;
    const skipped = firstRow * this.faceSizePx;
    const outPlane = planeBytes - skipped;
    const from = outAt + half - skipped;
    for (let i = 0; i < half; i++) {
      const db = clamp01(out[from + i]!) - tensor[to + i]!;
      const dg = clamp01(out[from + outPlane + i]!) - tensor[to + planeBytes + i]!;
      const dr = clamp01(out[from + 2 * outPlane + i]!) - tensor[to + 2 * planeBytes + i]!;
      const dy = KR * dr + KG * dg + KB * db;
      deltaY[i] = LUMA_RANGE * dy;
      deltaU[i] = B_TO_U * (db - dy);
      deltaV[i] = R_TO_V * (dr - dy);
    }
  }

  /** Takes the mean change along the mask's border away: a network that shifts the skin's colour must not leave an edge. */
  private matchColour({ maskX, maskY }: CompositePlan): void {
    const { faceSizePx: size, deltaY, deltaU, deltaV } = this;
    let [count, y0, u0, v0] = [0, 0, 0, 0];
    for (let y = 0; y < size / 2; y++) {
      for (let x = 0; x < size; x++) {
        const mask = maskX[x]! * maskY[y]!;
        const i = y * size + x;
        if (mask <= 0 || mask > 0.5 || Math.abs(deltaY[i]!) > COLOUR_MATCH_LIMIT) continue;
        count++;
        y0 += deltaY[i]!;
        u0 += deltaU[i]!;
        v0 += deltaV[i]!;
      }
    }
    if (count === 0) return;
    [y0, u0, v0] = [y0 / count, u0 / count, v0 / count];
    for (let i = 0; i < this.half; i++) {
      deltaY[i]! -= y0;
      deltaU[i]! -= u0;
      deltaV[i]! -= v0;
    }
  }

  /** ghost = how sure it is that a pixel shows something new, widened by a pixel and smoothed. */
  private findGhosts(): void {
    const { faceSizePx: size, deltaY, deltaU, deltaV, ghost, spread } = this;
    const rows = size / 2;
    for (let i = 0; i < this.half; i++) {
      const change = Math.abs(deltaY[i]!) + (Math.abs(deltaU[i]!) + Math.abs(deltaV[i]!)) / 2;
      ghost[i] = change <= SAME_BELOW ? 0 : smoothstep(SAME_BELOW, NEW_ABOVE, change);
    }
    // Three-wide maximum, then a [1 2 1] mean; along rows, then along columns.
    for (let y = 0; y < rows; y++) {
      const at = y * size;
      for (let x = 0; x < size; x++) {
        const left = ghost[at + Math.max(0, x - 1)]!;
        const right = ghost[at + Math.min(size - 1, x + 1)]!;
        spread[at + x] = Math.max(left, ghost[at + x]!, right);
      }
    }
    for (let y = 0; y < rows; y++) {
      const up = Math.max(0, y - 1) * size;
      const at = y * size;
      const down = Math.min(rows - 1, y + 1) * size;
      for (let x = 0; x < size; x++) ghost[at + x] = Math.max(spread[up + x]!, spread[at + x]!, spread[down + x]!);
    }
    for (let y = 0; y < rows; y++) {
      const at = y * size;
      for (let x = 0; x < size; x++) {
        const left = ghost[at + Math.max(0, x - 1)]!;
        const right = ghost[at + Math.min(size - 1, x + 1)]!;
        spread[at + x] = (left + 2 * ghost[at + x]! + right) / 4;
      }
    }
    for (let y = 0; y < rows; y++) {
      const up = Math.max(0, y - 1) * size;
      const at = y * size;
      const down = Math.min(rows - 1, y + 1) * size;
      for (let x = 0; x < size; x++) ghost[at + x] = (spread[up + x]! + 2 * spread[at + x]! + spread[down + x]!) / 4;
    }
  }

  /**
   * Unsharp mask on new lips and teeth: scaled up they would be softer than the skin around them, which keeps its own texture.
   * Unchanged pixels have no ghost and stay untouched; the jaw line is left alone, where it would bring out the network's grid.
   */
  private sharpen({ plan, reference }: PreparedFace): void {
    const { faceSizePx: size, half, deltaY, ghost, spread } = this;
    const { mouthX, mouthY } = plan;
    for (let i = 0; i < half; i++) spread[i] = reference[half + i]! + deltaY[i]!;
    for (let y = 1; y < size / 2 - 1 && mouthY[y]! > 0; y++) {
      const amount = SHARPEN * mouthY[y]!;
      for (let x = 1, i = y * size + 1; x < size - 1; x++, i++) {
        const sure = ghost[i]! * mouthX[x]!;
        if (sure === 0) continue;
        const beside = spread[i - 1]! + spread[i + 1]! + spread[i - size]! + spread[i + size]!;
        const corners = spread[i - size - 1]! + spread[i - size + 1]! + spread[i + size - 1]! + spread[i + size + 1]!;
        deltaY[i]! += amount * sure * (spread[i]! - (4 * spread[i]! + 2 * beside + corners) / 16);
      }
    }
  }

  private applyMask({ maskX, maskY }: CompositePlan): void {
    const { faceSizePx: size, deltaY, deltaU, deltaV, ghost } = this;
    for (let y = 0, i = 0; y < size / 2; y++) {
      for (let x = 0; x < size; x++, i++) {
        const mask = maskX[x]! * maskY[y]!;
        deltaY[i]! *= mask;
        deltaU[i]! *= mask;
        deltaV[i]! *= mask;
        ghost[i]! *= mask;
      }
    }
  }

  /** Adds what has changed to the avatar's own pixels, in the smallest even box that holds every visible change. */
  private blend({ plan, original, detail }: PreparedFace): BoxPatch {
    const { faceSizePx: size } = this;
    const { grow } = plan;
    const { widthPx: fullWidth, heightPx: fullHeight } = plan.region;
    const { left, top, right, bottom } = this.changedBox(plan);
    const width = right - left;
    const height = bottom - top;
    const luma = width * height;
    this.reserve((luma * 3) / 2, (size / 2) * width);
    const { patch, changeRows, ghostRows } = this;
    resampleRows(this.deltaY, size, size / 2, grow.lumaX, left, right, changeRows);
    resampleRows(this.ghost, size, size / 2, grow.softX, left, right, ghostRows);
    for (let y = 0; y < height; y++) {
      const from = (top + y) * fullWidth + left;
      blendLumaRow(
        patch,
        y * width,
        original,
        detail,
        from,
        width,
        changeRows,
        grow.lumaY,
        ghostRows,
        grow.softY,
        top + y,
      );
    }
    for (let plane = 0; plane < 2; plane++) {
      const delta = plane === 0 ? this.deltaU : this.deltaV;
      resampleRows(delta, size, size / 2, grow.chromaX, left / 2, right / 2, changeRows);
      for (let y = 0; y < height / 2; y++) {
        const at = luma + (plane * luma) / 4 + (y * width) / 2;
        const row = top / 2 + y;
        const from = fullWidth * fullHeight * (1 + plane / 4) + (row * fullWidth) / 2 + left / 2;
        blendChromaRow(patch, at, original, from, width / 2, changeRows, grow.chromaY, row);
      }
    }
    const region = { xPx: plan.region.xPx + left, yPx: plan.region.yPx + top, widthPx: width, heightPx: height };
    return { region, data: patch.subarray(0, (luma * 3) / 2) };
  }

  /** The part of the region (even, at least one chroma sample) outside of which no pixel changes by half a level. */
  private changedBox({ region, faceSizePx: size, boxWidthPx, boxHeightPx }: CompositePlan) {
    const { deltaY, deltaU, deltaV, ghost } = this;
    let [x0, y0, x1, y1] = [size, size, -1, -1];
    for (let y = 0, i = 0; y < size / 2; y++) {
      for (let x = 0; x < size; x++, i++) {
        if (
          ghost[i]! < INVISIBLE_GHOST &&
          Math.abs(deltaY[i]!) < INVISIBLE &&
          Math.abs(deltaU[i]!) < INVISIBLE &&
          Math.abs(deltaV[i]!) < INVISIBLE
        ) {
          continue;
        }
        if (x < x0) x0 = x;
        if (x > x1) x1 = x;
        if (y < y0) y0 = y;
        y1 = y;
      }
    }
    if (x1 < 0) return { left: 0, top: 0, right: 2, bottom: 2 };
    // A network's pixel reaches two of its neighbours' far edges (the cubic), in box pixels, then out to even ones.
    const scaleX = boxWidthPx / size;
    const scaleY = boxHeightPx / size;
    const down = (value: number) => 2 * Math.floor(Math.max(0, value) / 2);
    const up = (value: number, most: number) => Math.min(most, 2 * Math.ceil(Math.max(2, value) / 2));
    const left = Math.min(region.widthPx - 2, down((x0 - 2) * scaleX - region.xPx));
    const top = Math.min(region.heightPx - 2, down((size / 2 + y0 - 2) * scaleY - region.yPx));
    return {
      left,
      top,
      right: Math.max(left + 2, up((x1 + 3) * scaleX - region.xPx, region.widthPx)),
      bottom: Math.max(top + 2, up((size / 2 + y1 + 3) * scaleY - region.yPx, region.heightPx)),
    };
  }

  private reserve(patchBytes: number, rowValues: number): void {
    if (this.patch.length < patchBytes) this.patch = new Uint8Array(patchBytes);
    if (this.changeRows.length >= rowValues) return;
    this.changeRows = new Float32Array(rowValues);
    this.ghostRows = new Float32Array(rowValues);
  }

  private plan(widthPx: number, heightPx: number): CompositePlan {
    const key = `${widthPx}x${heightPx}`;
    let plan = this.plans.get(key);
    if (!plan) {
      plan = makePlan(this.faceSizePx, widthPx, heightPx);
      if (this.plans.size >= KEPT_PLANS) this.plans.delete(this.plans.keys().next().value!);
      this.plans.set(key, plan);
    }
    return plan;
  }
}

const clamp01 = (value: number): number => Math.min(1, Math.max(0, value));
