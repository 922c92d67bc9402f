import type { Constant, Graph, GraphNode } from './graph';

/**
 * Doubling layers as an ordinary convolution and a rearrangement, because ONNX Runtime has no int8 kernel for transposed
 * convolutions. A 3x3 transposed convolution of stride 2 (padding 1, output padding 1) makes each 2x2 square of its output of a
 * 2x2 square of its input: four 2x2 convolutions side by side (Shi et al. 2016, "Real-Time Single Image and Video
 * Super-Resolution Using an Efficient Sub-Pixel CNN"). Exact; 16 multiplications where 9 had a use, and five times faster in int8.
 */
export function withoutDoublingLayers(graph: Graph): Graph {
  const constants = new Map(graph.constants);
  const nodes: GraphNode[] = [];
  /** Output of a rearrangement -> its node, still to be put behind the ReLU that follows it. */
  const open = new Map<string, GraphNode>();
  for (const node of graph.nodes) {
    const rearranged = open.get(node.inputs[0]!);
    if (isDoubling(node)) {
      const [input, weight, bias] = node.inputs as [string, string, string];
      constants.set(`${weight}.four`, fourKernels(constants.get(weight)!));
      constants.set(`${bias}.four`, fourTimes(constants.get(bias)!));
      constants.delete(weight);
      constants.delete(bias);
      const four = `${node.output}.four`;
      nodes.push({
        operator: 'Conv',
        inputs: [input, `${weight}.four`, `${bias}.four`],
        output: four,
        attributes: { kernel_shape: [2, 2], strides: [1, 1], pads: [0, 0, 1, 1] },
      });
      const attributes = { blocksize: 2, mode: 'DCR' };
      open.set(node.output, { operator: 'DepthToSpace', inputs: [four], output: node.output, attributes });
    } else if (rearranged && node.operator === 'Relu') {
      // In this order the ReLU is one with its convolution.
      const four = rearranged.inputs[0]!;
      nodes.push({ ...node, inputs: [four], output: `${four}.relu` });
      nodes.push({ ...rearranged, inputs: [`${four}.relu`], output: node.output });
      open.delete(rearranged.output);
    } else {
      for (const input of node.inputs) {
        const before = open.get(input);
        if (before) nodes.push(before);
        open.delete(input);
      }
      nodes.push(node);
    }
  }
  return { ...graph, nodes, constants };
}

function isDoubling({ operator, attributes }: GraphNode): boolean {
  if (operator !== 'ConvTranspose') return false;
  const { strides, kernel_shape: kernel, pads, output_padding: more } = attributes;
  return `${strides}` === '2,2' && `${kernel}` === '3,3' && `${pads}` === '1,1,1,1' && `${more}` === '1,1';
}

/** Which of the three kernel rows (or columns) an output of this parity takes from the input so far away; -1: none. */
const kernelIndex = (parity: number, away: number) => (parity === 0 ? (away === 0 ? 1 : -1) : away === 0 ? 2 : 0);

/** [in, out, 3, 3] -> [4 * out, in, 2, 2], the four parities one after the other as DepthToSpace wants them. */
function fourKernels({ dimensions, data }: Constant): Constant {
  const [inputs, outputs] = dimensions as [number, number];
  const from = data as Float32Array;
  const four = new Float32Array(16 * outputs * inputs);
  let to = 0;
  for (let parity = 0; parity < 4; parity++) {
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < inputs; i++) {
        for (let tap = 0; tap < 4; tap++, to++) {
          const y = kernelIndex(parity >> 1, tap >> 1);
          const x = kernelIndex(parity & 1, tap & 1);
          if (y >= 0 && x >= 0) four[to] = from[((i * outputs + o) * 3 + y) * 3 + x]!;
        }
      }
    }
  }
  return { dimensions: [4 * outputs, inputs, 2, 2], data: four };
}

function fourTimes({ data }: Constant): Constant {
  const four = new Float32Array(4 * data.length);
  for (let i = 0; i < 4; i++) four.set(data as Float32Array, i * data.length);
  return { dimensions: [four.length], data: four };
}
