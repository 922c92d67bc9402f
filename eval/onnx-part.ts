/**
 * A part of an ONNX graph as a model of its own: the nodes that lead from given tensors to given tensors. lip-mini is two
 * networks in one graph, and only its parts say what went wrong: the speech half alone gives mouth coefficients (and costs a
 * tenth), the face half alone draws a mouth that is known. onnx.proto: ModelProto 7 is the graph; GraphProto 1 nodes,
 * 5 initializers, 11 inputs, 12 outputs; NodeProto 1 inputs, 2 outputs, 4 operator.
 */
interface Field {
  tag: number;
  /** With its tag and length. */
  whole: Uint8Array;
  /** Of a length-delimited field. */
  body: Uint8Array;
}

interface Node {
  field: Field;
  operator: string;
  inputs: string[];
  outputs: string[];
}

export class OnnxParts {
  private readonly model: Field[];
  private readonly graph: Field[];
  private readonly nodes: Node[];
  private readonly makers = new Map<string, Node>();

  /** @throws Error when the bytes are no ONNX model */
  constructor(bytes: Uint8Array) {
    this.model = fieldsOf(bytes);
    const graph = this.model.find(({ tag }) => tag === 7);
    if (!graph) throw new Error('this is no ONNX model: it holds no graph');
    this.graph = fieldsOf(graph.body);
    this.nodes = this.graph.filter(({ tag }) => tag === 1).map(nodeOf);
    for (const node of this.nodes) for (const output of node.outputs) this.makers.set(output, node);
  }

  get outputs(): string[] {
    return this.graph.filter(({ tag }) => tag === 12).map(({ body }) => textOf(body, 1)[0] ?? '');
  }

  /** The first tensor that this operator makes of `from` and of no other input of the graph. */
  firstMadeBy(operator: string, from: string): string | undefined {
    const inputs = new Set(this.graph.filter(({ tag }) => tag === 11).map(({ body }) => textOf(body, 1)[0] ?? ''));
    const sources = (tensor: string, seen: Set<string>): Set<string> => {
      if (seen.has(tensor)) return seen;
      seen.add(tensor);
      for (const input of this.makers.get(tensor)?.inputs ?? []) sources(input, seen);
      return seen;
    };
    for (const node of this.nodes) {
      if (node.operator !== operator) continue;
      const used = [...sources(node.outputs[0]!, new Set())].filter((name) => inputs.has(name));
      if (used.length === 1 && used[0] === from) return node.outputs[0];
    }
    return undefined;
  }

  /**
   * @param inputs tensors with their shapes; a string stands for a dimension of any size
   * @throws Error when the outputs need an input that is not given
   */
  between(inputs: Record<string, (number | string)[]>, outputs: string[]): Uint8Array {
    const kept = new Set<Node>();
    const used = new Set<string>();
    const initializers = new Map(
      this.graph.filter(({ tag }) => tag === 5).map((field) => [textOf(field.body, 8)[0] ?? '', field]),
    );
    const waiting = [...outputs];
    for (let tensor = waiting.pop(); tensor !== undefined; tensor = waiting.pop()) {
      if (tensor === '' || used.has(tensor)) continue;
      used.add(tensor);
      if (tensor in inputs || initializers.has(tensor)) continue;
      const maker = this.makers.get(tensor);
      if (!maker) throw new Error(`the outputs need ${tensor}, which is not given`);
      kept.add(maker);
      waiting.push(...maker.inputs);
    }
    const graph = [
      ...this.nodes.filter((node) => kept.has(node)).map(({ field }) => field.whole),
      message(2, new TextEncoder().encode('part')),
      ...[...initializers].filter(([name]) => used.has(name)).map(([, field]) => field.whole),
      ...Object.entries(inputs).map(([name, shape]) => message(11, valueInfo(name, shape))),
      ...outputs.map((name) => message(12, valueInfo(name))),
    ];
    const others = this.model.filter(({ tag }) => tag !== 7).map(({ whole }) => whole);
    return join([...others, message(7, join(graph))]);
  }
}

function nodeOf(field: Field): Node {
  const { body } = field;
  return { field, operator: textOf(body, 4)[0] ?? '', inputs: textOf(body, 1), outputs: textOf(body, 2) };
}

const textOf = (body: Uint8Array, tag: number): string[] =>
  fieldsOf(body)
    .filter((field) => field.tag === tag)
    .map((field) => new TextDecoder().decode(field.body));

function fieldsOf(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error('this is no ONNX model: it breaks off');
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const from = at;
    const key = varint();
    let bodyFrom = at;
    if (key % 8 === 0) varint();
    else if (key % 8 === 1) at += 8;
    else if (key % 8 === 5) at += 4;
    else if (key % 8 === 2) {
      const length = varint();
      bodyFrom = at;
      at += length;
    } else throw new Error('this is no ONNX model');
    if (at > bytes.length) throw new Error('this is no ONNX model: it breaks off');
    fields.push({ tag: Math.floor(key / 8), whole: bytes.subarray(from, at), body: bytes.subarray(bodyFrom, at) });
  }
  return fields;
}

/** ValueInfoProto: 1 name, 2 type; float32, with dimensions where they are known. */
function valueInfo(name: string, shape?: readonly (number | string)[]): Uint8Array {
  const float = [8, 1];
  const dimensions = shape?.map((size) =>
    message(1, typeof size === 'number' ? join([[8], varintOf(size)]) : message(2, new TextEncoder().encode(size))),
  );
  const tensor = join([float, ...(dimensions ? [message(2, join(dimensions))] : [])]);
  return join([message(1, new TextEncoder().encode(name)), message(2, message(1, tensor))]);
}

const message = (tag: number, body: Uint8Array): Uint8Array =>
  join([varintOf(tag * 8 + 2), varintOf(body.length), body]);

function varintOf(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

function join(parts: readonly (Uint8Array | number[])[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
