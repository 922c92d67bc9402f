import type { FileReader } from './file-reader';

/** What is wrong with a zip archive, as the end of a sentence that starts with the file's name. */
export class ZipError extends Error {
  override readonly name = 'ZipError';
}

export interface ZipEntry {
  name: string;
  sizeBytes: number;
  /** 0: not computed (`torch.serialization.set_crc32_options(False)`). */
  crc32: number;
  headerOffset: number;
  /** Not compressed: its bytes are the file's. */
  stored: boolean;
}

const END = 0x06054b50;
const END_BYTES = 22;
const END64_LOCATOR = 0x07064b50;
const END64_LOCATOR_BYTES = 20;
const END64 = 0x06064b50;
const END64_BYTES = 56;
const CENTRAL = 0x02014b50;
const CENTRAL_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const MAX_COMMENT_BYTES = 0xffff;
const MAX_DIRECTORY_BYTES = 16 << 20;
const ZIP64_EXTRA = 0x0001;

/**
 * The central directory of a zip archive, by name (APPNOTE 4.3.12, zip64 included).
 * @throws ZipError when it is broken or of another kind
 */
export async function readZipDirectory(file: FileReader): Promise<Map<string, ZipEntry>> {
  const { offset, length, count } = await findDirectory(file);
  if (!file.has(offset, length) || length > MAX_DIRECTORY_BYTES)
    throw broken('its list of contents is not where it should be');
  const directory = await file.read(offset, length);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_BYTES > length || directory.readUInt32LE(at) !== CENTRAL)
      throw broken('its list of contents is damaged');
    const nameBytes = directory.readUInt16LE(at + 28);
    const extraBytes = directory.readUInt16LE(at + 30);
    const commentBytes = directory.readUInt16LE(at + 32);
    const extraAt = at + CENTRAL_BYTES + nameBytes;
    const next = extraAt + extraBytes + commentBytes;
    if (next > length) throw broken('its list of contents is damaged');
    const entry = readEntry(directory.subarray(at, extraAt), directory.subarray(extraAt, extraAt + extraBytes));
    if (entries.has(entry.name)) throw broken('two of its parts have the same name');
    if (!file.has(entry.headerOffset, LOCAL_BYTES)) throw broken('a part lies outside the file');
    entries.set(entry.name, entry);
    at = next;
  }
  return entries;
}

/** Where an entry's bytes start: behind its local header, whose name and padding have lengths of their own. */
export async function dataOffset(file: FileReader, entry: ZipEntry): Promise<number> {
  const header = await file.read(entry.headerOffset, LOCAL_BYTES);
  const nameBytes = header.readUInt16LE(26);
  if (header.readUInt32LE(0) !== LOCAL || nameBytes !== Buffer.byteLength(entry.name))
    throw broken('a part is not where it should be');
  const offset = entry.headerOffset + LOCAL_BYTES + nameBytes + header.readUInt16LE(28);
  const name = await file.read(entry.headerOffset + LOCAL_BYTES, nameBytes);
  if (name.toString('utf8') !== entry.name) throw broken('a part is not where it should be');
  if (!file.has(offset, entry.sizeBytes)) throw broken('a part lies outside the file');
  return offset;
}

function readEntry(fixed: Buffer, extra: Buffer): ZipEntry {
  const name = fixed.toString('utf8', CENTRAL_BYTES);
  let sizeBytes = fixed.readUInt32LE(24);
  let packedBytes = fixed.readUInt32LE(20);
  let headerOffset = fixed.readUInt32LE(42);
  for (let at = 0; at + 4 <= extra.length; ) {
    const id = extra.readUInt16LE(at);
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (id === ZIP64_EXTRA) {
      // Only the fields that did not fit above are here, in this order.
      let field = at + 4;
      const wide = (narrow: number): number => {
        if (narrow !== 0xffffffff) return narrow;
        if (field + 8 > Math.min(end, extra.length)) throw broken('its list of contents is damaged');
        field += 8;
        return Number(extra.readBigUInt64LE(field - 8));
      };
      sizeBytes = wide(sizeBytes);
      packedBytes = wide(packedBytes);
      headerOffset = wide(headerOffset);
      break;
    }
    at = end;
  }
  if (fixed.readUInt16LE(8) & 1) throw broken('it is encrypted');
  const stored = fixed.readUInt16LE(10) === 0 && packedBytes === sizeBytes;
  return { name, sizeBytes, stored, crc32: fixed.readUInt32LE(16), headerOffset };
}

async function findDirectory(file: FileReader): Promise<{ offset: number; length: number; count: number }> {
  const tailOffset = Math.max(0, file.sizeBytes - END_BYTES - MAX_COMMENT_BYTES - END64_LOCATOR_BYTES);
  const tail = await file.read(tailOffset, file.sizeBytes - tailOffset);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END || at + END_BYTES + tail.readUInt16LE(at + 20) !== tail.length) continue;
    const locator = at - END64_LOCATOR_BYTES;
    if (locator >= 0 && tail.readUInt32LE(locator) === END64_LOCATOR) {
      return readEnd64(file, Number(tail.readBigUInt64LE(locator + 8)));
    }
    return {
      count: tail.readUInt16LE(at + 10),
      length: tail.readUInt32LE(at + 12),
      offset: tail.readUInt32LE(at + 16),
    };
  }
  throw new ZipError('ends in the middle: it is cut off or damaged. Copy or download it again');
}

async function readEnd64(file: FileReader, at: number): Promise<{ offset: number; length: number; count: number }> {
  if (!file.has(at, END64_BYTES)) throw broken('its list of contents is not where it should be');
  const end = await file.read(at, END64_BYTES);
  if (end.readUInt32LE(0) !== END64) throw broken('its list of contents is not where it should be');
  const number = (offset: number) => Number(end.readBigUInt64LE(offset));
  return { count: number(32), length: number(40), offset: number(48) };
}

const broken = (what: string) => new ZipError(`is damaged: ${what}. Copy or download it again`);
