import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { thinWav2Lip } from '../../../../../testing/thin-wav2lip';
import { saveZip } from '../../../../../testing/torch-checkpoint';
import type { I420Picture } from '../../avatar/avatar';
import { counts } from '../../metrics/native';
import { forkInfer } from '../infer-process';
import { describeConverted, type LipModel } from '../model';
import { convertCheckpoint } from '../weights/convert';
import { type Graph, readGraph, writeGraph } from './graph';
import { withoutDoublingLayers } from './pixel-shuffle';
import { gridOf } from './quantise';
import { int8For } from './run';
import { speechWindows } from './speech-sounds';

const dir = mkdtempSync(join(tmpdir(), 'herald-int8-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
let model: LipModel;
let mouth: Graph;

beforeAll(async () => {
  const file = join(dir, 'thin.pth');
  saveZip(file, { tensors: thinWav2Lip('96', 8) });
  model = describeConverted(await convertCheckpoint(file, join(dir, 'models')));
  mouth = readGraph(readFileSync(model.fast!.mouthFile));
}, 60_000);

const faces: I420Picture[] = [1, 2, 3].map((seed) => {
  const luma = 128 * 128;
  const data = new Uint8Array(luma * 1.5).fill(128);
  for (let i = 0; i < luma; i++) data[i] = 110 + 60 * Math.sin((seed * i) / 900) + ((i * 31) & 15);
  return { widthPx: 128, heightPx: 128, data };
});

async function run(graph: Graph): Promise<Float32Array> {
  const session = await InferenceSession.create(writeGraph(graph), { executionProviders: ['cpu'] });
  try {
    const feeds = Object.fromEntries(
      graph.inputs.map(({ name, shape }) => {
        const sizes = shape.map((size) => (typeof size === 'string' ? 2 : size));
        const count = sizes.reduce((a, b) => a * b, 1);
        const values = Float32Array.from({ length: count }, (_, i) => Math.sin((i * 37) % 1_001));
        return [name, new Tensor('float32', values, sizes)];
      }),
    );
    return (await session.run(feeds)).out!.data as Float32Array;
  } finally {
    await session.release();
  }
}

describe('a graph in memory', () => {
  it('is what the converter wrote', async () => {
    const session = await InferenceSession.create(model.fast!.mouthFile);
    expect(mouth.inputs.map(({ name }) => name)).toEqual(session.inputNames);
    await session.release();
    expect(readGraph(writeGraph(mouth))).toEqual(mouth);
  });

  it('draws the same without its doubling layers', async () => {
    const changed = withoutDoublingLayers(mouth);
    const doubling = ({ nodes }: Graph) =>
      nodes.filter(({ operator, attributes }) => operator === 'ConvTranspose' && `${attributes.strides}` === '2,2');
    expect(doubling(mouth).length).toBe(5);
    expect(doubling(changed).length).toBe(0);
    const [before, after] = [await run(mouth), await run(changed)];
    expect(before.length).toBe(2 * 3 * 48 * 96);
    before.forEach((value, i) => {
      expect(Math.abs(value - after[i]!)).toBeLessThan(2e-5);
    });
  });

  it('refuses a file that is cut off', () => {
    const bytes = writeGraph(mouth);
    expect(() => readGraph(bytes.subarray(0, bytes.length / 2))).toThrow(RangeError);
  });
});

it('a grid reaches over its range and holds zero', () => {
  for (const range of [
    { low: -3, high: 9 },
    { low: 0, high: 17.8 },
    { low: 2, high: 5 },
    { low: 0, high: 0 },
  ]) {
    const { scale, zero } = gridOf(range);
    expect(Number.isInteger(zero)).toBe(true);
    expect(scale * (0 - zero)).toBeLessThanOrEqual(Math.min(0, range.low) + scale / 2 + 1e-6);
    expect(scale * (255 - zero)).toBeGreaterThanOrEqual(range.high - scale / 2 - 1e-6);
  }
});

it('the sounds of speech move every band, from silence to the loudest', () => {
  const windows = speechWindows(-37.5);
  expect(windows.length).toBeGreaterThan(100);
  expect(windows.some((window) => window.every((value) => value === -4))).toBe(true);
  for (let band = 0; band < 80; band++) {
    const loudest = Math.max(...windows.map((window) => Math.max(...window.subarray(16 * band, 16 * band + 16))));
    expect(loudest).toBeGreaterThan(-2.5);
  }
});

describe('int8For', () => {
  const { signal } = new AbortController();

  it('makes the network once for the same faces, judged on what it was not made from', async () => {
    const first = await int8For(model, faces, { signal });
    expect(first.psnrDb).toBeGreaterThan(15); // it draws the picture, if roughly: these weights are noise
    expect(first.psnrDb).toBeLessThan(100); // it is another network
    // Good enough or not: no network is kept that is not.
    expect(first.network !== undefined).toBe(first.psnrDb >= 34);
    const made = readdirSync(dirname(model.fast!.mouthFile)).filter((name) => name.startsWith('int8-'));
    expect(made.filter((name) => name.endsWith('.json')).length).toBe(1);
    expect(made.filter((name) => name.endsWith('.onnx')).length).toBe(first.network ? 1 : 0);
    expect(made.some((name) => name.endsWith('.tmp'))).toBe(false);
    const start = () => {
      throw new Error('it was to be found, not made');
    };
    expect(await int8For(model, faces, { signal, start })).toEqual(first);
    await expect(int8For(model, faces.slice(1), { signal, start })).rejects.toThrow('not made');
    if (first.network) expect(existsSync(first.network.file)).toBe(true);
  }, 60_000);

  it('says why not, and leaves no process behind', async () => {
    const { fast: _, ...whole } = model;
    await expect(int8For({ ...whole, withoutFast: 'it came as ONNX' }, faces, { signal })).rejects.toThrow(
      'cannot be run in int8: it came as ONNX',
    );
    await expect(int8For(model, [], { signal })).rejects.toThrow('no faces');
    const abort = new AbortController();
    const made = int8For(model, faces.slice(0, 1), {
      signal: abort.signal,
      start: () => {
        const child = forkInfer();
        setImmediate(() => abort.abort(new Error('closing')));
        return child;
      },
    });
    await expect(made).rejects.toThrow('closing');
    expect(counts()['infer-process']).toBe(0);
  }, 60_000);
});
