import type { Graph, GraphNode } from './graph';
import type { Grid } from './job';

/** Least and greatest value that a tensor took in the calibration. */
export type Ranges = ReadonlyMap<string, { low: number; high: number }>;

const NEVER = 1e-8;
const SOUND = 'mel';
/** These only move numbers about: what comes out lies on the grid of what went in. */
const MOVERS = new Set(['Slice', 'DepthToSpace', 'Identity']);

/** 256 steps that reach over the range and meet zero exactly, since padding and ReLU are full of zeros. */
export function gridOf({ low, high }: { low: number; high: number }): Grid {
  const [least, most] = [Math.min(0, low), Math.max(0, high)];
  const scale = Math.fround(Math.max((most - least) / 255, NEVER));
  return { scale, zero: Math.min(255, Math.max(0, Math.round(-least / scale))) };
}

/**
 * A float graph as an int8 one: activations in 8 bits on a grid each, weights in 8 bits with a scale for each output channel.
 * Written with QuantizeLinear and DequantizeLinear around float operators, which ONNX Runtime turns into its integer kernels.
 *
 * @param bytesIn inputs that are fed as bytes on their grid
 */
export function quantiseGraph(graph: Graph, ranges: Ranges, bytesIn: ReadonlySet<string>): Graph {
  return new Quantiser(graph, ranges, bytesIn).run();
}

class Quantiser {
  private readonly out: Graph;
  private readonly grids = new Map<string, Grid>();
  /** Tensor -> its name after it was put on its grid. */
  private readonly onGrid = new Map<string, string>();
  private readonly producers: Map<string, GraphNode>;
  /**
   * Tensors that depend on the sound alone. They stay float: a tenth of the work, and an error there is an error everywhere
   * in the picture (2 dB in all).
   */
  private readonly ofSound = new Set<string>();

  constructor(
    private readonly graph: Graph,
    private readonly ranges: Ranges,
    private readonly bytesIn: ReadonlySet<string>,
  ) {
    this.producers = new Map(graph.nodes.map((node) => [node.output, node]));
    const inputs = graph.inputs.map((port) => (bytesIn.has(port.name) ? { ...port, type: 'uint8' as const } : port));
    this.out = { nodes: [], constants: new Map(), inputs, outputs: graph.outputs };
    const known = (tensor: string) => tensor === SOUND || graph.constants.has(tensor) || this.ofSound.has(tensor);
    for (const { inputs, output } of graph.nodes) if (inputs.every(known)) this.ofSound.add(output);
  }

  run(): Graph {
    for (const node of this.graph.nodes) {
      if (this.ofSound.has(node.output)) this.plain(node);
      else if (node.operator === 'Conv' && !this.isLast(node)) this.convolution(node);
      else this.other(node);
      if (MOVERS.has(node.operator) && !this.ofSound.has(node.output))
        this.grids.set(node.output, this.grid(node.inputs[0]!));
    }
    return this.out;
  }

  /** The three channels of the picture are worth their float: 8 bits before a sigmoid would be seen. */
  private isLast(node: GraphNode): boolean {
    let { output } = node;
    for (;;) {
      const next = this.graph.nodes.find(({ inputs }) => inputs.includes(output));
      if (next?.operator === 'Sigmoid') return true;
      if (next?.operator !== 'Slice') return false;
      output = next.output;
    }
  }

  private convolution({ inputs, output, attributes, operator }: GraphNode): void {
    const [x, weight, bias] = inputs as [string, string, string];
    const { dimensions, data } = this.graph.constants.get(weight)!;
    const channels = dimensions[0]!;
    const each = data.length / channels;
    const from = data as Float32Array;
    const biases = this.graph.constants.get(bias)!.data as Float32Array;
    const bytes = new Int8Array(data.length);
    const scales = new Float32Array(channels);
    const biasScales = new Float32Array(channels);
    const sums = new Int32Array(channels);
    const input = this.toGrid(x);
    for (let c = 0; c < channels; c++) {
      let most = NEVER;
      for (let i = c * each; i < (c + 1) * each; i++) most = Math.max(most, Math.abs(from[i]!));
      scales[c] = most / 127;
      for (let i = c * each; i < (c + 1) * each; i++) bytes[i] = Math.round(from[i]! / scales[c]!);
      biasScales[c] = this.grid(x).scale * scales[c]!;
      sums[c] = Math.round(biases[c]! / biasScales[c]!);
    }
    const perChannel = { axis: 0 };
    const weights = this.dequantised(weight, dimensions, bytes, scales, new Int8Array(channels), perChannel);
    const offsets = this.dequantised(bias, [channels], sums, biasScales, new Int32Array(channels), perChannel);
    this.out.nodes.push({ operator, inputs: [input, weights, offsets], output, attributes });
  }

  /** As it was. */
  private plain(node: GraphNode): void {
    for (const input of node.inputs) {
      const constant = this.graph.constants.get(input);
      if (constant) this.out.constants.set(input, constant);
    }
    this.out.nodes.push(node);
  }

  private other(node: GraphNode): void {
    const inputs = node.inputs.map((input) => {
      const constant = this.graph.constants.get(input);
      if (constant) {
        this.out.constants.set(input, constant);
        return input;
      }
      // Straight behind a convolution or a sum, without a stop on a grid.
      const fused = node.operator === 'Relu' || node.operator === 'Sigmoid';
      if (fused && this.producers.has(input)) return input;
      if (node.operator === 'Slice' && this.isLogits(node)) return input;
      return this.toGrid(input);
    });
    this.out.nodes.push({ ...node, inputs });
  }

  private isLogits(node: GraphNode): boolean {
    return this.graph.nodes.some(({ operator, inputs }) => operator === 'Sigmoid' && inputs.includes(node.output));
  }

  private grid(tensor: string): Grid {
    let grid = this.grids.get(tensor);
    if (!grid) {
      const range = this.ranges.get(tensor);
      if (!range) throw new RangeError(`${tensor} was not seen in the calibration`);
      grid = gridOf(range);
      this.grids.set(tensor, grid);
    }
    return grid;
  }

  private toGrid(tensor: string): string {
    const known = this.onGrid.get(tensor);
    if (known !== undefined) return known;
    const { scale, zero } = this.grid(tensor);
    const { constants, nodes } = this.out;
    const [scaleName, zeroName] = [`${tensor}.scale`, `${tensor}.zero`];
    constants.set(scaleName, { dimensions: [], data: Float32Array.of(scale) });
    constants.set(zeroName, { dimensions: [], data: Uint8Array.of(zero) });
    let bytes = tensor;
    if (!this.bytesIn.has(tensor)) {
      bytes = `${tensor}.bytes`;
      nodes.push({
        operator: 'QuantizeLinear',
        inputs: [tensor, scaleName, zeroName],
        output: bytes,
        attributes: {},
      });
    }
    const output = `${tensor}.back`;
    nodes.push({ operator: 'DequantizeLinear', inputs: [bytes, scaleName, zeroName], output, attributes: {} });
    this.onGrid.set(tensor, output);
    return output;
  }

  private dequantised(
    name: string,
    dimensions: readonly number[],
    data: Int8Array | Int32Array,
    scales: Float32Array,
    zeros: Int8Array | Int32Array,
    attributes: { axis: number },
  ): string {
    const { constants, nodes } = this.out;
    constants.set(`${name}.bytes`, { dimensions, data });
    constants.set(`${name}.scale`, { dimensions: [scales.length], data: scales });
    constants.set(`${name}.zero`, { dimensions: [zeros.length], data: zeros });
    const inputs = [`${name}.bytes`, `${name}.scale`, `${name}.zero`];
    nodes.push({ operator: 'DequantizeLinear', inputs, output: `${name}.back`, attributes });
    return `${name}.back`;
  }
}
