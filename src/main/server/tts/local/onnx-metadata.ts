import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { fault } from './fault';

/** Fields of ModelProto and StringStringEntryProto (onnx.proto, IR 3 and later). */
const GRAPH = 7;
const METADATA_PROPS = 14;
const KEY = 1;
const VALUE = 2;

/** Protobuf's wire types; groups (3, 4) are not used by ONNX. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

const MAX_FIELDS = 10_000;
const MAX_ENTRY_BYTES = 4 << 20;
/** A tag and a length are ten bytes each at most. */
const HEAD_BYTES = 20;

/**
 * The notes in an ONNX file (`metadata_props`), by which sherpa-onnx knows a voice. The weights are stepped over: a voice of
 * any size costs a few reads.
 * @throws ProviderError naming the file, when it is cut short or no ONNX file
 */
export async function readOnnxMetadata(file: string): Promise<Map<string, string>> {
  const handle = await open(file).catch((error: Error) => {
    throw fault(`${file} cannot be read (${error.message})`, 'Check the file and its permissions.', { cause: error });
  });
  try {
    const { size } = await handle.stat();
    return await walk(handle, size, basename(file));
  } finally {
    await handle.close();
  }
}

async function walk(handle: FileHandle, sizeBytes: number, name: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const notOnnx = () => fault(`${name} is no ONNX model`, 'Download the voice again.');
  let graphs = 0;
  let at = 0;
  for (let fields = 0; at < sizeBytes; fields++) {
    const head = new Reader(await readAt(handle, at, Math.min(HEAD_BYTES, sizeBytes - at)));
    const tag = head.varint();
    if (fields > MAX_FIELDS || tag === undefined || tag < 8) throw notOnnx();
    const field = Math.floor(tag / 8);
    const length = lengthOf(tag % 8, head);
    if (length === undefined) throw notOnnx();
    const start = at + head.at;
    if (start + length > sizeBytes) {
      throw fault(`${name} is cut short (${sizeBytes} bytes are there)`, 'Download the voice again.');
    }
    if (field === GRAPH) graphs++;
    if (field === METADATA_PROPS) {
      if (length > MAX_ENTRY_BYTES) throw notOnnx();
      const [key, value] = entryOf(await readAt(handle, start, length));
      found.set(key, value);
    }
    at = start + length;
  }
  if (graphs !== 1) throw notOnnx();
  return found;
}

/** The bytes of a field's content behind its tag (and length); undefined for what ONNX does not write. */
function lengthOf(wireType: number, head: Reader): number | undefined {
  if (wireType === VARINT) return head.varint() === undefined ? undefined : 0;
  if (wireType === FIXED64) return 8;
  if (wireType === FIXED32) return 4;
  return wireType === BYTES ? head.varint() : undefined;
}

function entryOf(bytes: Buffer): [string, string] {
  const reader = new Reader(bytes);
  const texts = ['', ''];
  while (reader.at < bytes.length) {
    const tag = reader.varint() ?? 0;
    const length = reader.varint() ?? 0;
    const text = bytes.toString('utf8', reader.at, reader.at + length);
    if (tag === KEY * 8 + BYTES) texts[0] = text;
    if (tag === VALUE * 8 + BYTES) texts[1] = text;
    reader.at += length;
  }
  return [texts[0]!, texts[1]!];
}

class Reader {
  at = 0;
  constructor(private readonly bytes: Buffer) {}

  /** Undefined where the bytes end, or the number is beyond what a file can be long. */
  varint(): number | undefined {
    let value = 0;
    for (let shift = 0; shift < 63; shift += 7) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) return undefined;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return undefined;
  }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

/**
 * Notes to put behind the last byte of an ONNX file. Protobuf allows fields in any order and adds up repeated ones ("last one
 * wins" applies to single fields only), so an append is a valid edit of a file of any size.
 */
export function onnxMetadata(notes: Record<string, string | number>): Buffer {
  const entries = Object.entries(notes).map(([key, value]) =>
    Buffer.concat([bytesField(KEY, Buffer.from(key)), bytesField(VALUE, Buffer.from(String(value)))]),
  );
  return Buffer.concat(entries.map((entry) => bytesField(METADATA_PROPS, entry)));
}

const bytesField = (field: number, content: Buffer) =>
  Buffer.concat([varint(field * 8 + BYTES), varint(content.length), content]);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}
