import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-node';
import { afterAll, describe, expect, it } from 'vitest';
import { uniformFloats } from '../../../../../testing/wav2lip-fixtures';
import { OnnxGraph } from './onnx-writer';
import { canTile, doublingConvolution, type QuickLayer, tiledConvolution } from './quick-layers';
import { runOnce } from './self-check';

const folder = mkdtempSync(join(tmpdir(), 'herald-quick-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const COLUMNS = 7;
const PICTURES = 2;
let files = 0;

const layerOf = (inputs: number, outputs: number): QuickLayer => ({
  prefix: 'layer',
  inputs,
  outputs,
  weights: async () => Float32Array.from(uniformFloats(1, 0.1, 0, inputs * outputs * 9)),
  biases: async () => Float32Array.from(uniformFloats(2, 0.5, 0, outputs)),
});

/** What a graph of one layer draws of two pictures. */
async function drawn(inputs: number, rows: number, layer: (graph: OnnxGraph) => string): Promise<Tensor> {
  const graph = new OnnxGraph();
  graph.input('x', ['N', inputs, 'rows', 'columns']);
  graph.node('Identity', [layer(graph)], {}, 'y');
  graph.output('y', ['N', 'channels', 'rowsOut', 'columnsOut']);
  const file = join(folder, `${files++}.onnx`);
  await graph.write(file);
  const values = uniformFloats(3, 1, 0.3, PICTURES * inputs * rows * COLUMNS);
  const { y } = await runOnce(file, { x: new Tensor('float32', values, [PICTURES, inputs, rows, COLUMNS]) });
  return y!;
}

function plain(graph: OnnxGraph, operator: string, layer: QuickLayer, attributes: Record<string, number[]>): string {
  const { inputs, outputs } = layer;
  const [first, second] = operator === 'Conv' ? [outputs, inputs] : [inputs, outputs];
  const weights = graph.weights('w', [first, second, 3, 3], () => layer.weights());
  const biases = graph.weights('b', [outputs], () => layer.biases());
  return graph.node(operator, ['x', weights, biases], { kernel_shape: [3, 3], ...attributes });
}

function expectSame(quick: Tensor, expected: Tensor): void {
  expect(quick.dims).toEqual(expected.dims);
  const [a, b] = [quick.data as Float32Array, expected.data as Float32Array];
  expect(Math.max(...b) - Math.min(...b)).toBeGreaterThan(1);
  expect(a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0)).toBeLessThan(2e-5);
}

describe('tiled convolutions', () => {
  it.each([
    [16, 32, 12, 1],
    [48, 16, 20, 1],
    [16, 16, 12, 0],
  ] as const)('of %i to %i channels draw what plain ones draw (%i rows, %i row of zeros above)', async (...shape) => {
    const [inputs, outputs, rows, padTop] = shape;
    const layer = layerOf(inputs, outputs);
    expect(canTile(layer, rows)).toBe(true);
    const rowsIn = rows + 1 - padTop;
    const quick = await drawn(inputs, rowsIn, (graph) => tiledConvolution(graph, 'x', layer, COLUMNS, padTop));
    const pads = [padTop, 1, 1, 1];
    expectSame(quick, await drawn(inputs, rowsIn, (graph) => plain(graph, 'Conv', layer, { strides: [1, 1], pads })));
  });

  it('are for whole tiles, enough of them, and whole blocks of channels', () => {
    const layer = { inputs: 64, outputs: 64 };
    expect(canTile(layer, 16)).toBe(true);
    expect(canTile(layer, 18)).toBe(false);
    expect(canTile(layer, 8)).toBe(false);
    expect(canTile({ ...layer, inputs: 60 }, 16)).toBe(false);
  });
});

describe('doubling layers', () => {
  it('of four small convolutions draw what a transposed one draws', async () => {
    const layer = layerOf(12, 8);
    const quick = await drawn(12, 5, (graph) => doublingConvolution(graph, 'x', layer));
    const attributes = { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] };
    const expected = await drawn(12, 5, (graph) =>
      graph.node('Relu', [plain(graph, 'ConvTranspose', layer, attributes)]),
    );
    expectSame(quick, expected);
  });
});
