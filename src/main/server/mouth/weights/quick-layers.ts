import type { OnnxGraph } from './onnx-writer';

/**
 * Layers of the decoder in forms that ONNX Runtime's CPU kernels draw in less time: the same sums in another order, with fewer
 * multiplications. On another device the plain layers are better, since its own library knows such tricks.
 */
export interface QuickLayer {
  /** Names of weights and biases begin with it. */
  prefix: string;
  inputs: number;
  outputs: number;
  /** Batch norm folded in: [outputs, inputs, 3, 3], or [inputs, outputs, 3, 3] of a doubling layer. Read when it is written. */
  weights(): Promise<Float32Array<ArrayBuffer>>;
  biases(): Promise<Float32Array<ArrayBuffer>>;
}

/** Rows of output that are made together, of rows of input that they see. */
const TILE_ROWS = 4;
const SEEN_ROWS = 6;
/** With fewer tiles, reading more weights takes longer than the multiplications that are saved. */
const LEAST_ROWS = 12;
/** ONNX Runtime keeps channels in blocks of 8 or 16; others would be rearranged for every operator. */
const BLOCK_CHANNELS = 16;

/**
 * F(4, 3) of Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks", along the rows: out = A ((G w) * (B in)). Along
 * one axis alone, because what is saved on the second is spent on moving tiles about.
 */
const B = [
  [4, 0, -5, 0, 1, 0],
  [0, -4, -4, 1, 1, 0],
  [0, 4, -4, -1, 1, 0],
  [0, -2, -1, 2, 1, 0],
  [0, 2, -1, -2, 1, 0],
  [0, 4, 0, -5, 0, 1],
] as const;
const G = [
  [1 / 4, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6],
  [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1],
] as const;
const A = [
  [1, 1, 1, 1, 1, 0],
  [0, 1, -1, 2, -2, 0],
  [0, 1, 1, 4, 4, 0],
  [0, 1, -1, 8, -8, 1],
] as const;
/** Column 1 of A is all ones: a bias that is added there reaches each row once. */
const BIASED = 1;

/** @param rows of the output */
export function canTile({ inputs, outputs }: Pick<QuickLayer, 'inputs' | 'outputs'>, rows: number): boolean {
  const blocks = inputs % BLOCK_CHANNELS === 0 && outputs % BLOCK_CHANNELS === 0;
  return blocks && rows >= LEAST_ROWS && rows % TILE_ROWS === 0;
}

/**
 * A 3x3 convolution with half the multiplications, four rows at a time.
 * @param columns of the input and the output
 * @param padTop 1, or 0 when the input has a row more at its top
 */
export function tiledConvolution(
  graph: OnnxGraph,
  x: string,
  layer: QuickLayer,
  columns: number,
  padTop: 0 | 1,
): string {
  const { prefix, inputs, outputs } = layer;
  const seen = B.map((row, k) => {
    const weights = graph.weights(`tile${k}.${inputs}`, [inputs, 1, SEEN_ROWS, 1], async () =>
      Float32Array.from({ length: inputs * SEEN_ROWS }, (_, i) => row[i % SEEN_ROWS]!),
    );
    return graph.node('Conv', [x, weights], {
      group: inputs,
      kernel_shape: [SEEN_ROWS, 1],
      strides: [TILE_ROWS, 1],
      pads: [padTop, 0, 1, 0],
    });
  });
  const kernels = graph.weights(`${prefix}.tiles.weight`, [SEEN_ROWS * outputs, inputs, 1, 3], async () =>
    tileKernels(await layer.weights()),
  );
  const biases = graph.weights(`${prefix}.tiles.bias`, [SEEN_ROWS * outputs], async () => {
    const all = new Float32Array(SEEN_ROWS * outputs);
    all.set(await layer.biases(), BIASED * outputs);
    return all;
  });
  const multiplied = graph.node('Conv', [graph.node('Concat', seen, { axis: 1 }), kernels, biases], {
    group: SEEN_ROWS,
    kernel_shape: [1, 3],
    strides: [1, 1],
    pads: [0, 1, 0, 1],
  });
  const reshape = (input: string, shape: number[]) =>
    graph.node('Reshape', [input, graph.integers(`shape.${shape.join('.')}`, shape)]);
  const mix = graph.weights('tile.rows', [TILE_ROWS, SEEN_ROWS], async () => Float32Array.from(A.flat()));
  const mixed = graph.node('MatMul', [mix, reshape(multiplied, [0, SEEN_ROWS, -1])]);
  const tiles = reshape(mixed, [0, TILE_ROWS, outputs, -1, columns]);
  return reshape(graph.node('Transpose', [tiles], { perm: [0, 2, 3, 1, 4] }), [0, outputs, -1, columns]);
}

/** [..., 3, 3] -> the six kernels of one row each, one after the other: [6, ..., 1, 3]. */
function tileKernels(weights: Float32Array): Float32Array<ArrayBuffer> {
  const pairs = weights.length / 9;
  const kernels = new Float32Array(SEEN_ROWS * pairs * 3);
  for (const [k, [top, middle, bottom]] of G.entries()) {
    for (let pair = 0; pair < pairs; pair++) {
      for (let column = 0; column < 3; column++) {
        const at = 9 * pair + column;
        kernels[3 * (k * pairs + pair) + column] =
          top * weights[at]! + middle * weights[at + 3]! + bottom * weights[at + 6]!;
      }
    }
  }
  return kernels;
}

/** Which of the three kernel rows (or columns) an output of this parity takes from the input so far away. */
const kernelIndex = (parity: number, away: number) => (parity === 0 ? 1 : away === 0 ? 2 : 0);

/**
 * A 3x3 transposed convolution of stride 2 with its ReLU: each 2x2 square of its output takes 1, 2, 2 and 4 of the nine weights, so
 * it is four small convolutions and a rearrangement. No multiplication more, and none of the additions into overlapping places
 * for which ONNX Runtime's ConvTranspose is slow.
 */
export function doublingConvolution(graph: OnnxGraph, x: string, layer: QuickLayer): string {
  const { prefix, inputs, outputs } = layer;
  const biases = graph.weights(`${prefix}.bias`, [outputs], () => layer.biases());
  // The four are written one after the other: read once for all of them, and let go with the last.
  let read: Promise<Float32Array<ArrayBuffer>> | undefined;
  const weightsFor = (parity: number) => {
    const weights = (read ??= layer.weights());
    if (parity === 3) read = undefined;
    return weights;
  };
  const parts = [0, 1, 2, 3].map((parity) => {
    const [down, right] = [parity >> 1, parity & 1];
    const [height, width] = [down + 1, right + 1];
    const kernels = graph.weights(`${prefix}.part${parity}.weight`, [outputs, inputs, height, width], async () => {
      const all = await weightsFor(parity);
      const part = new Float32Array(outputs * inputs * height * width);
      let to = 0;
      for (let o = 0; o < outputs; o++) {
        for (let i = 0; i < inputs; i++) {
          for (let y = 0; y < height; y++) {
            for (let column = 0; column < width; column++, to++) {
              const place = 3 * kernelIndex(down, y) + kernelIndex(right, column);
              part[to] = all[9 * (i * outputs + o) + place]!;
            }
          }
        }
      }
      return part;
    });
    const part = graph.node('Conv', [x, kernels, biases], {
      kernel_shape: [height, width],
      strides: [1, 1],
      pads: [0, 0, down, right],
    });
    return graph.node('Relu', [part]);
  });
  return graph.node('DepthToSpace', [graph.node('Concat', parts, { axis: 1 })], { blocksize: 2, mode: 'DCR' });
}
