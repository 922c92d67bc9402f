import { open } from 'node:fs/promises';

/** A protobuf message stops here: readers count with signed 32-bit integers. */
const MAX_MODEL_BYTES = 2 ** 31 - 1;
const IR_VERSION = 8;
/** The newest set in which ReduceMean still takes its axes as an attribute would be 17; 13 has all that is used here. */
const OPSET = 13;
const FLOAT = 1;
const INT64 = 7;

const GATHERED_BELOW_BYTES = 1 << 16;
const MAX_GATHERED = 256;

type Shape = readonly (number | string)[];
type Attribute = number | string | readonly number[];

/** Bytes that are made when it is their turn, so that a 700 MB model is never in memory as a whole. */
interface Later {
  length: number;
  load(): Promise<Uint8Array> | Uint8Array;
}

/**
 * An ONNX model as it grows, node by node; `write` streams it to a file. Names follow ONNX: a node's inputs are names of inputs,
 * constants or earlier nodes' outputs. (onnx.proto, ModelProto; opset 13.)
 */
export class OnnxGraph {
  private readonly nodes = new Message();
  private readonly initializers = new Message();
  private readonly inputs = new Message();
  private readonly outputs = new Message();
  private readonly constants = new Set<string>();
  private nodeCount = 0;

  /** A shape's strings are dimensions of any size. */
  input(name: string, shape: Shape): string {
    this.inputs.message(11, valueInfo(name, shape));
    return name;
  }

  output(name: string, shape: Shape): void {
    this.outputs.message(12, valueInfo(name, shape));
  }

  /** One node with one output. @returns the output's name */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    output?: string,
  ): string {
    const name = output ?? `${operator}_${this.nodeCount}`;
    const node = new Message();
    for (const input of inputs) node.text(1, input);
    node
      .text(2, name)
      .text(3, `${operator}_${this.nodeCount++}`)
      .text(4, operator);
    for (const [key, value] of Object.entries(attributes)) node.message(5, attribute(key, value));
    this.nodes.message(1, node);
    return name;
  }

  /** Small integers, such as where to slice. The same name again is the same constant. */
  integers(name: string, values: readonly number[]): string {
    const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    return this.constant(name, INT64, [values.length], { length: bytes.length, load: () => bytes });
  }

  scalar(name: string, value: number): string {
    const bytes = new Uint8Array(Float32Array.of(value).buffer);
    return this.constant(name, FLOAT, [], { length: bytes.length, load: () => bytes });
  }

  /** @param load is called when the file is written, each time it is. */
  weights(name: string, dimensions: readonly number[], load: () => Promise<Float32Array<ArrayBuffer>>): string {
    const length = 4 * dimensions.reduce((product, size) => product * size, 1);
    const bytes = async () => {
      const numbers = await load();
      return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    };
    return this.constant(name, FLOAT, dimensions, { length, load: bytes });
  }

  /**
   * @param onWritten called with bytes written so far and in all
   * @returns the file's size in bytes
   * @throws RangeError when the model does not fit an ONNX file
   */
  async write(path: string, onWritten: (written: number, total: number) => void = () => {}): Promise<number> {
    const graph = new Message().append(this.nodes).text(2, 'lips');
    graph.append(this.initializers).append(this.inputs).append(this.outputs);
    const opset = new Message().text(1, '').integer(2, OPSET);
    const model = new Message().integer(1, IR_VERSION).text(2, 'herald').message(7, graph).message(8, opset);
    if (model.length > MAX_MODEL_BYTES)
      throw new RangeError(`a model of ${model.length} bytes does not fit an ONNX file`);
    const file = await open(path, 'wx');
    try {
      let written = 0;
      for await (const bytes of gathered(model.parts)) {
        await file.writeFile(bytes);
        onWritten((written += bytes.length), model.length);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    return model.length;
  }

  private constant(name: string, type: number, dimensions: readonly number[], data: Later): string {
    if (this.constants.has(name)) return name;
    this.constants.add(name);
    const tensor = new Message();
    for (const size of dimensions) tensor.integer(1, size);
    tensor.integer(2, type).text(8, name).later(9, data);
    this.initializers.message(5, tensor);
    return name;
  }
}

/** Thousands of parts are a few bytes long: they go out together. */
async function* gathered(parts: readonly (Uint8Array | Later)[]): AsyncGenerator<Uint8Array> {
  let small: Uint8Array[] = [];
  for (const part of parts) {
    const bytes = part instanceof Uint8Array ? part : await part.load();
    if (bytes.length !== part.length) throw new RangeError('weights of another size than was said');
    small.push(bytes);
    if (bytes.length < GATHERED_BELOW_BYTES && small.length < MAX_GATHERED) continue;
    yield Buffer.concat(small);
    small = [];
  }
  yield Buffer.concat(small);
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** A protobuf message: fields in the order in which they are added. */
class Message {
  readonly parts: (Uint8Array | Later)[] = [];
  length = 0;

  integer(field: number, value: number): this {
    return this.key(field, VARINT).push(varint(value));
  }

  text(field: number, value: string): this {
    const bytes = Buffer.from(value);
    return this.key(field, LENGTH_DELIMITED).push(varint(bytes.length)).push(bytes);
  }

  message(field: number, inner: Message): this {
    return this.key(field, LENGTH_DELIMITED).push(varint(inner.length)).append(inner);
  }

  later(field: number, data: Later): this {
    return this.key(field, LENGTH_DELIMITED).push(varint(data.length)).push(data);
  }

  append(other: Message): this {
    for (const part of other.parts) this.push(part);
    return this;
  }

  private key(field: number, wireType: number): this {
    return this.push(varint(field * 8 + wireType));
  }

  private push(part: Uint8Array | Later): this {
    this.parts.push(part);
    this.length += part.length;
    return this;
  }
}

/** @param value a whole number from 0 to 2^53 */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function attribute(name: string, value: Attribute): Message {
  const message = new Message().text(1, name);
  if (typeof value === 'number') return message.integer(3, value).integer(20, 2);
  if (typeof value === 'string') return message.text(4, value).integer(20, 3);
  for (const item of value) message.integer(8, item);
  return message.integer(20, 7);
}

function valueInfo(name: string, shape: Shape): Message {
  const dimensions = new Message();
  for (const size of shape) {
    dimensions.message(1, typeof size === 'string' ? new Message().text(2, size) : new Message().integer(1, size));
  }
  const tensor = new Message().integer(1, FLOAT).message(2, dimensions);
  return new Message().text(1, name).message(2, new Message().message(1, tensor));
}
