import { describe, expect, it } from 'vitest';
import type { I420Picture } from '../avatar/avatar';
import { paste } from './paste';
import { FaceCompositor } from './patch';
import { areaTaps, cubicTaps, linearTaps } from './resample';

/** A textured, coloured face crop; `seed` changes the texture. */
function crop(widthPx: number, heightPx = widthPx, seed = 1): I420Picture {
  let state = seed;
  const noise = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
  const luma = widthPx * heightPx;
  const data = new Uint8Array((luma * 3) / 2);
  for (let i = 0; i < luma; i++) data[i] = 90 + 40 * Math.sin(i / 37) + 30 * noise();
  for (let i = luma; i < data.length; i++) data[i] = 118 + 12 * noise() + (i < luma * 1.25 ? 0 : 20);
  return { widthPx, heightPx, data };
}

/** Runs a network given as a function of the reference channels (BGR planes). */
function run(
  face: I420Picture,
  sizePx: number,
  network: (value: number, channel: number, x: number, y: number) => number,
) {
  const compositor = new FaceCompositor(sizePx);
  const prepared = compositor.prepare(face);
  const plane = sizePx * sizePx;
  const tensor = new Float32Array(6 * plane);
  compositor.fill(prepared, tensor, 0);
  const out = Float32Array.from({ length: 3 * plane }, (_, i) =>
    network(tensor[3 * plane + i]!, Math.floor(i / plane), i % sizePx, Math.floor((i % plane) / sizePx)),
  );
  const patch = compositor.compose(prepared, tensor, 0, out, 0);
  // What the viewer sees of the plan's whole region: a patch holds only what changed.
  const { region } = prepared.plan;
  const { xPx, yPx, widthPx, heightPx } = patch.region;
  const shown = new Uint8Array(prepared.original.length);
  paste(
    { widthPx: region.widthPx, heightPx: region.heightPx, data: prepared.original },
    { region: { xPx: xPx - region.xPx, yPx: yPx - region.yPx, widthPx, heightPx }, data: patch.data },
    shown,
  );
  return { patch, shown, region, prepared, tensor, plane };
}

const largestDifference = (a: Uint8Array, b: Uint8Array) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

describe('FaceCompositor', () => {
  it.each([
    [352, 352, 160],
    [352, 352, 96],
    [150, 182, 160],
    [640, 600, 128],
  ])('a network that changes nothing leaves a %ix%i face as it was (S = %i)', (width, height, size) => {
    const { patch, shown, prepared } = run(crop(width, height), size, (value) => value);
    expect(shown).toEqual(prepared.original);
    expect(patch.data.length).toBe(6); // the least that I420 can be: nothing to send
  });

  it('makes even patches inside the lower half of the box, at most 200 KB for a common face', () => {
    for (const [width, height] of [
      [352, 352],
      [350, 346],
      [98, 130],
    ] as const) {
      const { region, data } = run(crop(width, height), 160, (value, _c, x, y) => value * ((x + y) % 2)).patch;
      for (const value of Object.values(region)) expect(value % 2).toBe(0);
      expect(region.yPx).toBeGreaterThanOrEqual(Math.floor(height / 2) - 1);
      expect(region.xPx + region.widthPx).toBeLessThanOrEqual(width);
      expect(region.yPx + region.heightPx).toBeLessThanOrEqual(height);
      expect(data.length).toBe((region.widthPx * region.heightPx * 3) / 2);
      expect(data.length).toBeLessThan(200_000);
    }
  });

  it('fills the tensor: BGR in [0, 1], the first three channels without the lower half', () => {
    // A pure colour: R 200, G 100, B 50 is Y 117, U 96, V 174 in BT.709 limited range.
    const face = crop(64);
    face.data.fill(117, 0, 4_096).fill(96, 4_096, 5_120).fill(174, 5_120);
    const { tensor, plane } = run(face, 32, (value) => value);
    const at = (channel: number, y: number) => Math.round(tensor[channel * plane + y * 32 + 16]! * 255);
    for (const [channel, value] of [
      [3, 50],
      [4, 100],
      [5, 200],
    ] as const) {
      expect(Math.abs(at(channel, 5) - value)).toBeLessThanOrEqual(2);
      expect(at(channel, 25)).toBe(at(channel, 5));
      expect(at(channel - 3, 5)).toBe(at(channel, 5));
      expect(at(channel - 3, 16)).toBe(0);
    }
  });

  it('shows a change where it is, in its colour', () => {
    const size = 160;
    const face = crop(352);
    face.data.fill(120, 0, 352 * 352).fill(128, 352 * 352);
    // A black mouth in the middle of the lower half.
    const inMouth = (x: number, y: number) => x >= 60 && x < 100 && y >= 100 && y < 125;
    const { shown, region, prepared } = run(face, size, (value, _channel, x, y) => (inMouth(x, y) ? 0 : value));
    const lumaAt = (u: number, v: number) => {
      const x = Math.round(u * 2.2) - region.xPx;
      const y = Math.round(v * 2.2) - region.yPx;
      return shown[y * region.widthPx + x]!;
    };
    expect(lumaAt(80, 112)).toBeLessThan(22);
    expect(lumaAt(40, 112)).toBe(120);
    expect(lumaAt(80, 90)).toBe(120);
    const chroma = shown.subarray(region.widthPx * region.heightPx);
    expect(largestDifference(chroma, prepared.original.subarray(region.widthPx * region.heightPx))).toBeLessThanOrEqual(
      1,
    );
  });

  it('keeps texture beside a change, and takes it away where new content is', () => {
    const face = crop(352);
    const { shown, region, prepared } = run(face, 160, (value, _c, x, y) =>
      x >= 60 && x < 100 && y >= 100 && y < 125 ? 0.05 : value,
    );
    const roughness = (data: Uint8Array, u0: number, u1: number, v0: number, v1: number) => {
      let sum = 0;
      let count = 0;
      for (let y = Math.round(v0 * 2.2) - region.yPx; y < Math.round(v1 * 2.2) - region.yPx; y++) {
        for (let x = Math.round(u0 * 2.2) - region.xPx; x < Math.round(u1 * 2.2) - region.xPx; x++, count++) {
          sum += Math.abs(data[y * region.widthPx + x]! - data[y * region.widthPx + x + 1]!);
        }
      }
      return sum / count;
    };
    const skin = [20, 50, 95, 130] as const;
    expect(roughness(shown, ...skin)).toBeCloseTo(roughness(prepared.original, ...skin), 1);
    const mouth = [66, 94, 106, 119] as const;
    expect(roughness(shown, ...mouth)).toBeLessThan(0.15 * roughness(prepared.original, ...mouth));
  });

  it('has no seam: even a network that repaints everything ends softly at every edge', () => {
    const face = crop(352);
    face.data.fill(120, 0, 352 * 352).fill(128, 352 * 352);
    const { shown, region } = run(face, 160, (value, _c, x, y) => value - 0.25 * Math.sin(x / 9) * Math.cos(y / 7));
    const { widthPx: w, heightPx: h } = region;
    const luma = shown.subarray(0, w * h);
    for (let x = 0; x < w; x++) {
      expect(Math.abs(luma[x]! - 120)).toBeLessThanOrEqual(2);
      expect(Math.abs(luma[(h - 1) * w + x]! - 120)).toBeLessThanOrEqual(2);
    }
    for (let y = 0; y < h; y++) {
      expect(Math.abs(luma[y * w]! - 120)).toBeLessThanOrEqual(2);
      expect(Math.abs(luma[y * w + w - 1]! - 120)).toBeLessThanOrEqual(2);
    }
  });

  it('sends only what changed: the patch ends where the original goes on, without a step', () => {
    const { patch, shown, region, prepared } = run(crop(352), 160, (value, _c, x, y) => {
      const near = Math.hypot(x - 80, y - 112) / 20;
      return near < 1 ? value * (0.3 + 0.7 * near ** 2) : value;
    });
    expect(patch.region.widthPx).toBeLessThan(0.4 * region.widthPx);
    expect(patch.region.heightPx).toBeLessThan(0.7 * region.heightPx);
    // One pixel inside the patch's edge nothing has changed yet.
    const { xPx, yPx, widthPx, heightPx } = patch.region;
    for (let x = 0; x < widthPx; x++) {
      const at = (yPx - region.yPx) * region.widthPx + xPx - region.xPx + x;
      expect(shown[at]).toBe(prepared.original[at]);
      const last = at + (heightPx - 1) * region.widthPx;
      expect(shown[last]).toBe(prepared.original[last]);
    }
  });

  it('takes a shift of colour away', () => {
    const face = crop(352);
    const { shown, prepared } = run(face, 160, (value, channel) => value + (channel === 2 ? 0.05 : -0.02));
    expect(largestDifference(shown, prepared.original)).toBeLessThanOrEqual(1);
  });

  it('costs little', () => {
    const compositor = new FaceCompositor(160);
    const prepared = compositor.prepare(crop(352));
    const tensor = new Float32Array(6 * 160 * 160);
    const out = new Float32Array(3 * 160 * 160).fill(0.4);
    const picture = () => {
      compositor.fill(prepared, tensor, 0);
      compositor.compose(prepared, tensor, 0, out, 0);
    };
    for (let i = 0; i < 50; i++) picture();
    const before = process.cpuUsage();
    for (let i = 0; i < 100; i++) picture();
    const { user, system } = process.cpuUsage(before);
    const cpuMs = (user + system) / 1e3 / 100;
    console.log(`composite: ${cpuMs.toFixed(2)} CPU-ms per picture (352 px box, S = 160)`);
    expect(cpuMs).toBeLessThan(15);
  });
});

describe('taps', () => {
  const sums = ({ weights, count }: { weights: Float32Array; count: number }) =>
    Array.from({ length: weights.length / count }, (_, i) =>
      weights.subarray(i * count, (i + 1) * count).reduce((sum, weight) => sum + weight, 0),
    );

  it('keep the mean: the weights of every output add up to 1, at the edges too', () => {
    for (const taps of [
      areaTaps(352, 160, (i) => [i * 2.2, (i + 1) * 2.2]),
      areaTaps(80, 160, (i) => [i / 2, (i + 1) / 2]),
      linearTaps(160, 352, (i) => (i + 0.5) / 2.2),
      cubicTaps(160, 352, (i) => (i + 0.5) / 2.2),
    ]) {
      for (const sum of sums(taps)) expect(sum).toBeCloseTo(1, 5);
      for (const first of taps.first) expect(first).toBeGreaterThanOrEqual(0);
    }
  });
});
