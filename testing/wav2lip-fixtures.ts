import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-node';
import { appRoot } from '../src/main/server/entries';
import { runOnce } from '../src/main/server/mouth/weights/self-check';
import type { SavedTensor } from './torch-checkpoint';

/**
 * The parity fixtures: specs from which checkpoints of the three Wav2Lip architectures are made bit by bit, and what PyTorch
 * computes with them. They lie beside the checkout, because 3.5 MB of expected pictures are no part of a program.
 */
const FOLDER = join(appRoot, '../shared/fixtures/wav2lip');

export const FIXTURES_MISSING = existsSync(FOLDER) ? '' : ' (SKIPPED: ../shared/fixtures/wav2lip is not here)';
export const FIXTURE_NAMES = ['lt96', 'lt256', 'zj384'] as const;
export type FixtureName = (typeof FIXTURE_NAMES)[number];

interface SpecEntry {
  name: string;
  dtype: 'float32' | 'int64';
  shape: number[];
  gen: 'prng' | 'base64' | 'const';
  seed?: number;
  scale?: number;
  center?: number;
  data?: string;
  value?: number;
}

export interface FixtureSpec {
  image_size: number;
  float32_values: number;
  sha256_float32: string;
  inputs: {
    batch: number;
    mel: { seed: number; scale: number; shape: number[] };
    image: { seed_fine: number; seed_coarse: number; cell: number; shape: number[] };
  };
  entries: SpecEntry[];
}

export function fixtureSpec(name: FixtureName): FixtureSpec {
  return JSON.parse(readFileSync(join(FOLDER, 'spec', `${name}.json`), 'utf8'));
}

/** PyTorch's output for the spec's inputs: [batch, 3, S, S]. */
export function expectedOutput(name: FixtureName): Float32Array {
  const bytes = readFileSync(join(FOLDER, 'expected', `${name}.out.f32`));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

export function fixtureTensors(spec: FixtureSpec): SavedTensor[] {
  return spec.entries.map((entry) => ({ name: entry.name, shape: entry.shape, data: () => entryData(entry) }));
}

function entryData({ shape, gen, seed = 0, scale = 1, center = 0, data = '', value = 0 }: SpecEntry) {
  const count = shape.reduce((a, b) => a * b, 1);
  if (gen === 'const') return new BigInt64Array(count).fill(BigInt(value));
  if (gen === 'prng') return uniformFloats(seed, scale, center, count);
  const bytes = Buffer.from(data, 'base64');
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** murmur3's finaliser */
function mix(value: number): number {
  let x = value;
  x ^= x >>> 16;
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

const hash = (seed: number, i: number) => mix((mix(i | 0) + Math.imul(seed, 0x9e3779b1)) | 0);

/** float32(u * scale + center) with u in [-1, 1) from a counter: the same bits everywhere. */
export function uniformFloats(seed: number, scale: number, center: number, count: number): Float32Array {
  const out = new Float32Array(count);
  for (let i = 0; i < count; i++) out[i] = (hash(seed, i) * 2 ** -31 - 1) * scale + center;
  return out;
}

export function fixtureInputs({ inputs }: FixtureSpec): { mel: Float32Array; face: Float32Array; batch: number } {
  const { mel, image, batch } = inputs;
  const size = image.shape[2]!;
  const cells = size / image.cell;
  const face = new Float32Array(batch * 6 * size * size);
  for (let b = 0; b < batch; b++) {
    for (let c = 0; c < 3; c++) {
      for (let y = 0; y < size; y++) {
        for (let x = 0; x < size; x++) {
          const plane = b * 3 + c;
          const cell = (plane * cells + Math.floor(y / image.cell)) * cells + Math.floor(x / image.cell);
          const fine = hash(image.seed_fine, (plane * size + y) * size + x) >>> 24;
          const value = ((3 * (hash(image.seed_coarse, cell) >>> 24) + fine) >> 2) / 255;
          face[((b * 6 + 3 + c) * size + y) * size + x] = value;
          if (y < size / 2) face[((b * 6 + c) * size + y) * size + x] = value;
        }
      }
    }
  }
  return { mel: uniformFloats(mel.seed, mel.scale, 0, batch * 80 * 16), face, batch };
}

/** Between a converted graph's output on the spec's inputs and what PyTorch computed. */
export async function differenceFromPyTorch(name: FixtureName, model: string): Promise<{ max: number; mean: number }> {
  const spec = fixtureSpec(name);
  const expected = expectedOutput(name);
  const { mel, face, batch } = fixtureInputs(spec);
  const { out } = await runOnce(model, {
    mel: new Tensor('float32', mel, [batch, 1, 80, 16]),
    face: new Tensor('float32', face, [batch, 6, spec.image_size, spec.image_size]),
  });
  const actual = out?.data as Float32Array;
  if (actual.length !== expected.length) throw new Error(`${actual.length} values instead of ${expected.length}`);
  let [max, sum] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (!(difference <= max)) max = difference; // NaN too
    sum += difference;
  }
  return { max, mean: sum / expected.length };
}
