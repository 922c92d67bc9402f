import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { thinWav2Lip } from '../../../../testing/thin-wav2lip';
import { saveZip } from '../../../../testing/torch-checkpoint';
import type { I420Picture } from '../avatar/avatar';
import { type EngineOptions, LipEngine } from './engine';
import { describeConverted, type LipModel } from './model';
import { MEL_VALUES } from './network';
import { convertCheckpoint } from './weights/convert';

const dir = mkdtempSync(join(tmpdir(), 'herald-engine-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const OPTIONS: EngineOptions = { mode: 'auto', provider: 'cpu', batchSize: 1, featureBytes: 64e6, ruledOut: {} };

/** A textured, coloured crop of any size. */
function crop(widthPx: number, heightPx: number, seed = 1): I420Picture {
  const luma = widthPx * heightPx;
  const data = new Uint8Array((luma * 3) / 2);
  for (let i = 0; i < luma; i++) data[i] = 100 + 50 * Math.sin((i * seed) / 41) + ((i * 31 * seed) & 15);
  for (let i = luma; i < data.length; i++) data[i] = 118 + ((i * seed) & 15);
  return { widthPx, heightPx, data };
}

const mel = (seed: number) => Float32Array.from({ length: MEL_VALUES }, (_, i) => 3 * Math.sin((i * seed) / 17));

interface Drawn {
  region: { xPx: number; yPx: number; widthPx: number; heightPx: number };
  data: Uint8Array;
}

/** Draws these pairs in one call and copies the patches. */
async function draw(engine: LipEngine, pairs: { key: object; face: I420Picture; mel: Float32Array }[]) {
  const drawn: Drawn[] = [];
  const jobs = pairs.map(({ key, face, mel }) => ({ key, face: engine.prepare(face), mel }));
  await engine.infer(jobs, (job, { region, data }) => {
    drawn[job] = { region: { ...region }, data: data.slice() };
  });
  return drawn;
}

/** The patch on top of its crop, so that patches of different sizes compare. */
function shown({ region, data }: Drawn, face: I420Picture): Uint8Array {
  const luma = face.data.slice(0, face.widthPx * face.heightPx);
  for (let y = 0; y < region.heightPx; y++) {
    luma.set(data.subarray(y * region.widthPx, (y + 1) * region.widthPx), (region.yPx + y) * face.widthPx + region.xPx);
  }
  return luma;
}

const largestDifference = (a: Uint8Array, b: Uint8Array) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

describe.each(['96', '384'] as const)('LipEngine with a thin Wav2Lip of %s', (variant) => {
  let model: LipModel;
  const open = (options: Partial<EngineOptions> = {}) => LipEngine.load(model, { ...OPTIONS, ...options });

  beforeAll(async () => {
    const file = join(dir, `thin-${variant}.pth`);
    saveZip(file, { tensors: thinWav2Lip(variant, variant === '384' ? 48 : 16) });
    model = describeConverted(await convertCheckpoint(file, join(dir, 'models')));
  }, 60_000);

  it('draws the same picture fast and whole, into boxes of any size', async () => {
    const [full, fast] = [await open({ mode: 'full' }), await open()];
    try {
      expect(full.faceSizePx).toBe(Number(variant));
      let changed = 0;
      const boxes: [number, number][] = [
        [98, 130],
        [64, 50],
        [352, 352],
        [410, 602],
      ];
      for (const [width, height] of boxes.slice(0, variant === '384' ? 2 : 4)) {
        const face = crop(width, height);
        for (const seed of [1, 5]) {
          const pair = { key: face, face, mel: mel(seed) };
          const [whole] = await draw(full, [pair]);
          const [lower] = await draw(fast, [pair]);
          expect(largestDifference(shown(whole!, face), shown(lower!, face))).toBeLessThanOrEqual(1);
          changed += largestDifference(shown(whole!, face), face.data.subarray(0, width * height));
        }
      }
      expect(changed).toBeGreaterThan(50); // it does draw something
      expect((await fast.warmUp({ hurried: true })).mode).toBe('fast');
      expect((await full.warmUp({ hurried: true })).mode).toBe('full');
    } finally {
      await Promise.all([full.release(), fast.release()]);
    }
  });

  it('draws a batch as it draws one after the other', async () => {
    const engine = await open({ batchSize: 16 });
    try {
      expect(engine.maxBatch).toBe(4); // more only makes every picture wait for the last
      const pairs = [1, 2, 3, 4].map((seed) => {
        const face = crop(120, 120, seed);
        return { key: face, face, mel: mel(seed) };
      });
      const alone: Drawn[] = [];
      for (const pair of pairs) alone.push(...(await draw(engine, [pair])));
      for (const size of [2, 3, 4]) {
        const together = await draw(engine, pairs.slice(0, size));
        together.forEach((patch, i) => {
          const { face } = pairs[i]!;
          expect(largestDifference(shown(patch, face), shown(alone[i]!, face))).toBeLessThanOrEqual(1);
        });
      }
    } finally {
      await engine.release();
    }
  });

  // One size will do for what does not depend on it.
  it.runIf(variant === '96')('keeps what it knows of faces within its budget, and draws the same from it', async () => {
    const measured = await open();
    const faces = [1, 2, 3, 4, 5].map((seed) => crop(96, 96, seed));
    const pair = (i: number) => ({ key: faces[i]!, face: faces[i]!, mel: mel(2) });
    await draw(measured, [pair(0)]);
    const faceBytes = measured.keptBytes;
    expect(faceBytes).toBeGreaterThan(0);
    const exact = await draw(measured, [pair(0)]);
    await measured.release();

    const engine = await open({ featureBytes: Math.floor(2.5 * faceBytes) });
    try {
      for (const i of [0, 1, 2, 3, 4, 0, 4]) {
        await draw(engine, [pair(i)]);
        expect(engine.keptBytes).toBeLessThanOrEqual(2.5 * faceBytes);
      }
      expect(engine.keptBytes).toBe(2 * faceBytes);
      expect(await draw(engine, [pair(0)])).toEqual(exact);
      engine.forget(faces[0]!);
      expect(engine.keptBytes).toBe(faceBytes);
    } finally {
      await engine.release();
    }
    const none = await open({ featureBytes: 0 });
    expect(await draw(none, [pair(0)])).toEqual(exact);
    expect(none.keptBytes).toBe(0);
    await none.release();
  });

  it.runIf(variant === '96')('is what it was when it takes the place of one that died', async () => {
    const first = await open();
    const again = await first.warmUp({ hurried: true });
    await first.release();
    expect(again.keptBits).toBeDefined();
    const second = await open({ again });
    expect(await second.warmUp({ hurried: true })).toMatchObject({ mode: again.mode, keptBits: again.keptBits });
    await second.release();
  });
});
