import { type ByteReader, broken } from './pickle-bytes';

/** Roughly what a value costs V8 to keep, so that a reader can bound what a file makes it hold. */
export type Charge = (bytes: number) => void;

/** What `readConstant` answers for an opcode that is about something else. */
export const NOT_A_CONSTANT = Symbol('not a constant');

const MAX_INTEGER_BYTES = 256;
export const MAX_LINE_BYTES = 1024;
const STRING_COST = 32;
/** A view of the file's bytes is a large object however short it is. */
const BYTES_COST = 128;

/** The value of an opcode that carries it: None, booleans, numbers, strings and bytes. */
export function readConstant(opcode: number, input: ByteReader, charge: Charge): unknown {
  switch (opcode) {
    case 0x4e: // N
      return null;
    case 0x88: // NEWTRUE
      return true;
    case 0x89: // NEWFALSE
      return false;
    case 0x4b: // K BININT1
      return input.uint8();
    case 0x4d: // M BININT2
      return input.uint16();
    case 0x4a: // J BININT
      return input.int32();
    case 0x8a: // LONG1
      return integer(input, input.uint8());
    case 0x8b: // LONG4
      return integer(input, input.int32());
    case 0x49: // I INT: Python 2 writes what is past 32 bits as text in every protocol
    case 0x4c: // L LONG
      return integerOf(input.line(MAX_LINE_BYTES));
    case 0x47: // G BINFLOAT
      return input.float64();
    case 0x58: // X BINUNICODE
      return text(input, input.uint32(), charge);
    case 0x8c: // SHORT_BINUNICODE
      return text(input, input.uint8(), charge);
    case 0x8d: // BINUNICODE8
      return text(input, input.uint64(), charge);
    case 0x55: // U SHORT_BINSTRING
      return python2String(input, input.uint8(), charge);
    case 0x54: // T BINSTRING
      return python2String(input, input.int32(), charge);
    case 0x43: // C SHORT_BINBYTES
      return bytes(input, input.uint8(), charge);
    case 0x42: // B BINBYTES
      return bytes(input, input.uint32(), charge);
    case 0x8e: // BINBYTES8
    case 0x96: // BYTEARRAY8
      return bytes(input, input.uint64(), charge);
    default:
      return NOT_A_CONSTANT;
  }
}

/** A Python integer as the plainest kind that holds it exactly. */
export function shortest(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** Two's complement, little-endian. */
function integer(input: ByteReader, length: number): number | bigint {
  if (length < 0 || length > MAX_INTEGER_BYTES) throw broken(`an integer of ${length} bytes`);
  if (length === 0) return 0;
  const value = BigInt(`0x${Buffer.from(input.bytes(length)).reverse().toString('hex')}`);
  return shortest(BigInt.asIntN(8 * length, value));
}

function integerOf(line: string): number | bigint | boolean {
  if (line === '00' || line === '01') return line === '01'; // how protocol 1 wrote booleans
  const digits = /^(-?\d{1,620})L?$/.exec(line)?.[1];
  if (digits === undefined) throw broken('an integer that is none');
  return shortest(BigInt(digits));
}

const utf8 = new TextDecoder();

function text(input: ByteReader, length: number, charge: Charge): string {
  const encoded = input.bytes(length);
  charge(STRING_COST + 2 * length);
  return utf8.decode(encoded);
}

/** Python 2's `str` is bytes: latin-1 keeps them apart, and names are ASCII anyway. */
function python2String(input: ByteReader, length: number, charge: Charge): string {
  const encoded = input.bytes(length);
  charge(STRING_COST + length);
  return Buffer.from(encoded.buffer, encoded.byteOffset, encoded.length).toString('latin1');
}

function bytes(input: ByteReader, length: number, charge: Charge): Uint8Array {
  const view = input.bytes(length);
  charge(BYTES_COST);
  return view;
}
