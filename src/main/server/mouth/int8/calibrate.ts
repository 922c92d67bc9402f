import { InferenceSession, Tensor } from 'onnxruntime-node';
import { type Graph, type GraphNode, writeGraph } from './graph';
import type { Ranges } from './quantise';

export type Sample = Readonly<Record<string, { data: Float32Array; shape: readonly number[] }>>;

/**
 * Runs a float graph on samples and notes how far each of its tensors reaches. The graph itself finds the least and the
 * greatest value: handing over the tensors would be gigabytes.
 */
export async function calibrate(graph: Graph, samples: readonly Sample[]): Promise<Ranges> {
  const watched = graph.nodes.map(({ output }) => output);
  const extremes = watched.flatMap((tensor): GraphNode[] =>
    (['ReduceMin', 'ReduceMax'] as const).map((operator) => ({
      operator,
      inputs: [tensor],
      output: `${tensor}.${operator}`,
      attributes: { keepdims: 0 },
    })),
  );
  const session = await InferenceSession.create(
    writeGraph({
      ...graph,
      nodes: [...graph.nodes, ...extremes],
      outputs: extremes.map(({ output }) => ({ name: output, type: 'float32', shape: [] })),
    }),
    { executionProviders: ['cpu'], intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 },
  );
  const ranges = new Map<string, { low: number; high: number }>();
  const widen = (tensor: string, low: number, high: number) => {
    const known = ranges.get(tensor);
    ranges.set(tensor, { low: Math.min(low, known?.low ?? low), high: Math.max(high, known?.high ?? high) });
  };
  try {
    for (const sample of samples) {
      const feeds: Record<string, Tensor> = {};
      for (const [name, { data, shape }] of Object.entries(sample)) {
        feeds[name] = new Tensor('float32', data, shape);
        let [low, high] = [0, 0];
        for (const value of data) {
          if (value < low) low = value;
          if (value > high) high = value;
        }
        widen(name, low, high);
      }
      const found = await session.run(feeds);
      const value = (name: string) => (found[name]!.data as Float32Array)[0]!;
      for (const tensor of watched) widen(tensor, value(`${tensor}.ReduceMin`), value(`${tensor}.ReduceMax`));
    }
  } finally {
    await session.release();
  }
  return ranges;
}
