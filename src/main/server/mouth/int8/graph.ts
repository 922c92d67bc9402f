import { fields, MessageWriter } from './protobuf';

type Numbers = Float32Array | BigInt64Array | Int8Array | Uint8Array | Int32Array;
export type Attribute = number | string | readonly number[];

export interface GraphNode {
  operator: string;
  inputs: string[];
  output: string;
  attributes: Record<string, Attribute>;
}

export interface Constant {
  dimensions: readonly number[];
  data: Numbers;
}

/** An input or output; a dimension that is text may have any size. */
export interface Port {
  name: string;
  type: 'float32' | 'uint8';
  shape: readonly (number | string)[];
}

/** An ONNX graph in memory, to be changed: nodes of one output each, in the order in which they run. */
export interface Graph {
  nodes: GraphNode[];
  constants: Map<string, Constant>;
  inputs: Port[];
  outputs: Port[];
}

/** TensorProto.DataType */
const FLOAT = 1;
const UINT8 = 2;
const INT8 = 3;
const INT32 = 6;
const INT64 = 7;
/** AttributeProto.AttributeType */
const INT = 2;
const STRING = 3;
const INTS = 7;
const IR_VERSION = 8;
const OPSET = 13;

const textOf = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();

/**
 * Reads a graph that the converter wrote (opset 13, raw data).
 * @throws RangeError for what such a graph does not hold
 */
export function readGraph(model: Uint8Array): Graph {
  const graph: Graph = { nodes: [], constants: new Map(), inputs: [], outputs: [] };
  const body = bytesOf(model, 7)[0];
  if (!body) throw new RangeError('an ONNX file without a graph');
  for (const field of fields(body)) {
    if (field.kind !== 'bytes') continue;
    if (field.number === 1) graph.nodes.push(readNode(field.bytes));
    else if (field.number === 5) graph.constants.set(...readConstant(field.bytes));
    else if (field.number === 11) graph.inputs.push(readPort(field.bytes));
    else if (field.number === 12) graph.outputs.push(readPort(field.bytes));
  }
  return graph;
}

export function writeGraph({ nodes, constants, inputs, outputs }: Graph): Uint8Array {
  const body = new MessageWriter();
  for (const node of nodes) body.message(1, nodeMessage(node));
  body.text(2, 'lips');
  for (const [name, { dimensions, data }] of constants) {
    const tensor = new MessageWriter();
    for (const size of dimensions) tensor.integer(1, size);
    const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    body.message(5, tensor.integer(2, dataType(data)).text(8, name).bytes(9, raw));
  }
  for (const port of inputs) body.message(11, portMessage(port));
  for (const port of outputs) body.message(12, portMessage(port));
  const opset = new MessageWriter().text(1, '').integer(2, OPSET);
  return new MessageWriter().integer(1, IR_VERSION).text(2, 'herald').message(7, body).message(8, opset).finish();
}

const bytesOf = (message: Uint8Array, number: number): Uint8Array[] =>
  [...fields(message)].flatMap((field) => (field.number === number && field.kind === 'bytes' ? [field.bytes] : []));

const integersOf = (message: Uint8Array, number: number): number[] =>
  [...fields(message)].flatMap((field) =>
    field.number === number && field.kind === 'varint' ? [Number(BigInt.asIntN(64, field.value))] : [],
  );

function readNode(message: Uint8Array): GraphNode {
  const [output, ...more] = bytesOf(message, 2).map(textOf);
  const operator = textOf(bytesOf(message, 4)[0] ?? new Uint8Array());
  if (output === undefined || more.length > 0) throw new RangeError(`${operator} has ${more.length + 1} outputs`);
  const attributes: Record<string, Attribute> = {};
  for (const attribute of bytesOf(message, 5)) {
    const [type] = integersOf(attribute, 20);
    const name = textOf(bytesOf(attribute, 1)[0]!);
    if (type === INT) attributes[name] = integersOf(attribute, 3)[0] ?? 0;
    else if (type === INTS) attributes[name] = integersOf(attribute, 8);
    else if (type === STRING) attributes[name] = textOf(bytesOf(attribute, 4)[0]!);
    else throw new RangeError(`${operator} has an attribute ${name} of kind ${type}`);
  }
  return { operator, inputs: bytesOf(message, 1).map(textOf), output, attributes };
}

function readConstant(message: Uint8Array): [string, Constant] {
  const name = textOf(bytesOf(message, 8)[0]!);
  const raw = bytesOf(message, 9)[0]!;
  const [type] = integersOf(message, 2);
  const { buffer } = Uint8Array.from(raw); // aligned
  const dimensions = integersOf(message, 1);
  if (type === FLOAT) return [name, { dimensions, data: new Float32Array(buffer) }];
  if (type === INT64) return [name, { dimensions, data: new BigInt64Array(buffer) }];
  throw new RangeError(`${name} is of type ${type}`);
}

function readPort(message: Uint8Array): Port {
  const tensor = bytesOf(bytesOf(message, 2)[0]!, 1)[0]!;
  const dimensions = bytesOf(bytesOf(tensor, 2)[0]!, 1);
  const shape = dimensions.map((dimension) => {
    const [text] = bytesOf(dimension, 2);
    return text ? textOf(text) : integersOf(dimension, 1)[0]!;
  });
  return { name: textOf(bytesOf(message, 1)[0]!), type: 'float32', shape };
}

function nodeMessage({ operator, inputs, output, attributes }: GraphNode): MessageWriter {
  const node = new MessageWriter();
  for (const input of inputs) node.text(1, input);
  node.text(2, output).text(3, `${operator} ${output}`).text(4, operator);
  for (const [name, value] of Object.entries(attributes)) {
    const attribute = new MessageWriter().text(1, name);
    if (typeof value === 'number') attribute.integer(3, value).integer(20, INT);
    else if (typeof value === 'string') attribute.text(4, value).integer(20, STRING);
    else {
      for (const item of value) attribute.integer(8, item);
      attribute.integer(20, INTS);
    }
    node.message(5, attribute);
  }
  return node;
}

function portMessage({ name, type, shape }: Port): MessageWriter {
  const dimensions = new MessageWriter();
  for (const size of shape) {
    const dimension = new MessageWriter();
    dimensions.message(1, typeof size === 'string' ? dimension.text(2, size) : dimension.integer(1, size));
  }
  const tensor = new MessageWriter().integer(1, type === 'uint8' ? UINT8 : FLOAT).message(2, dimensions);
  return new MessageWriter().text(1, name).message(2, new MessageWriter().message(1, tensor));
}

function dataType(data: Numbers): number {
  if (data instanceof Float32Array) return FLOAT;
  if (data instanceof BigInt64Array) return INT64;
  if (data instanceof Int8Array) return INT8;
  return data instanceof Uint8Array ? UINT8 : INT32;
}
