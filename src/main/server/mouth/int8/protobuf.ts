/** Protobuf's wire format, as far as ONNX files of our own need it (protobuf.dev, "Encoding"). */
export type Field =
  | { number: number; kind: 'varint'; value: bigint }
  | { number: number; kind: 'bytes'; bytes: Uint8Array }
  | { number: number; kind: 'fixed'; bytes: Uint8Array };

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;
const MAX_VARINT_BYTES = 10;

/**
 * The fields of a message in their order; bytes are views into it.
 * @throws RangeError when it ends too early or holds what protobuf 3 does not
 */
export function* fields(message: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = message[at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 127) << BigInt(7 * i);
      if (byte < 128) return value;
    }
    throw new RangeError('a protobuf number without an end');
  };
  const take = (length: number) => {
    if (length > message.length - at) throw new RangeError('a protobuf field beyond its message');
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const key = Number(varint());
    const number = Math.floor(key / 8);
    switch (key % 8) {
      case VARINT:
        yield { number, kind: 'varint', value: varint() };
        break;
      case LENGTH_DELIMITED:
        yield { number, kind: 'bytes', bytes: take(Number(varint())) };
        break;
      case FIXED_32:
        yield { number, kind: 'fixed', bytes: take(4) };
        break;
      case FIXED_64:
        yield { number, kind: 'fixed', bytes: take(8) };
        break;
      default:
        throw new RangeError(`a protobuf field of kind ${key % 8}`);
    }
  }
}

/** A message as it is written. */
export class MessageWriter {
  private readonly parts: Uint8Array[] = [];
  private length = 0;

  integer(number: number, value: number): this {
    return this.varint(number * 8 + VARINT).varint(value);
  }

  text(number: number, value: string): this {
    return this.bytes(number, Buffer.from(value));
  }

  bytes(number: number, value: Uint8Array): this {
    this.varint(number * 8 + LENGTH_DELIMITED).varint(value.length);
    return this.push(value);
  }

  message(number: number, inner: MessageWriter): this {
    this.varint(number * 8 + LENGTH_DELIMITED).varint(inner.length);
    for (const part of inner.parts) this.push(part);
    return this;
  }

  finish(): Uint8Array {
    return Buffer.concat(this.parts, this.length);
  }

  private varint(value: number): this {
    const bytes: number[] = [];
    for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
      const low = Number(rest & 127n);
      if (rest < 128n) return this.push(Uint8Array.from([...bytes, low]));
      bytes.push(low | 128);
    }
  }

  private push(part: Uint8Array): this {
    this.parts.push(part);
    this.length += part.length;
    return this;
  }
}
