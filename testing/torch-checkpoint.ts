import { closeSync, openSync, writeSync } from 'node:fs';
import { crc32, deflateRawSync } from 'node:zlib';

/** Writes `.pth` files as `torch.save` does, and as it never would, for the reader's tests. */
export interface SavedTensor {
  name: string;
  shape: readonly number[];
  /** Of its storage; FloatStorage when absent, LongStorage for `num_batches_tracked`. */
  storageType?: string;
  strides?: readonly number[];
  data(): Float32Array | Uint16Array | BigInt64Array;
}

export interface SavedCheckpoint {
  tensors: readonly SavedTensor[];
  /** Beside `state_dict`, in this order after it. */
  extras?: Readonly<Record<string, number | null>>;
  /** The state dict itself, with nothing around it. */
  bare?: boolean;
  /** Pickle opcodes in place of the value of the last extra, such as a call of os.system. */
  evil?: Buffer;
  /** More files in the archive, by their names after `archive/`. */
  files?: Readonly<Record<string, Buffer>>;
  /** As `torch.serialization.set_crc32_options(False)`. */
  withoutCrc?: boolean;
  /** Files that are deflated. */
  compressed?: readonly string[];
  /** Nothing, for so long, between the description and the tensors: offsets past 4 GiB need zip64. */
  holeBytes?: number;
}

/** `os.system(command)` as pickle makes it: what `pickle.load` would run. */
export function callOfSystem(command: string): Buffer {
  return new Pickler().global('posix', 'system').text(command).opcodes(0x85, 0x52).bytes();
}

class Pickler {
  private readonly parts: Buffer[] = [];

  opcodes(...bytes: number[]): this {
    this.parts.push(Buffer.from(bytes));
    return this;
  }

  raw(bytes: Buffer): this {
    this.parts.push(bytes);
    return this;
  }

  text(value: string): this {
    const encoded = Buffer.from(value);
    const head = Buffer.alloc(5);
    head[0] = 0x58;
    head.writeUInt32LE(encoded.length, 1);
    this.parts.push(head, encoded);
    return this;
  }

  int(value: number): this {
    if (value >= 0 && value < 256) return this.opcodes(0x4b, value);
    const bytes = Buffer.alloc(5);
    bytes[0] = 0x4a;
    bytes.writeInt32LE(value, 1);
    return this.raw(bytes);
  }

  ints(values: readonly number[]): this {
    this.opcodes(0x28);
    for (const value of values) this.int(value);
    return this.opcodes(0x74);
  }

  global(module: string, name: string): this {
    return this.raw(Buffer.from(`c${module}\n${name}\n`));
  }

  emptyOrderedDict(): this {
    return this.global('collections', 'OrderedDict').opcodes(0x29, 0x52);
  }

  bytes(): Buffer {
    return Buffer.concat(this.parts);
  }
}

/** The checkpoint's pickle. `legacy` adds the view that old persistent ids carry. */
function pickleOf(checkpoint: SavedCheckpoint, legacy: boolean): Buffer {
  const { tensors, extras = {}, bare = false, evil } = checkpoint;
  const out = new Pickler().opcodes(0x80, 2);
  if (!bare) out.opcodes(0x7d, 0x28).text('state_dict');
  out.emptyOrderedDict().opcodes(0x28);
  tensors.forEach(({ name, shape, storageType, strides }, index) => {
    const elements = shape.reduce((a, b) => a * b, 1);
    const type = storageType ?? (name.endsWith('num_batches_tracked') ? 'LongStorage' : 'FloatStorage');
    out.text(name).global('torch._utils', '_rebuild_tensor_v2').opcodes(0x28, 0x28);
    out.text('storage').global('torch', type).text(String(index)).text('cpu').int(elements);
    if (legacy) out.opcodes(0x4e);
    out.opcodes(0x74, 0x51).int(0).ints(shape);
    out.ints(strides ?? shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1)));
    out.opcodes(0x89).emptyOrderedDict().opcodes(0x74, 0x52);
  });
  // What torch keeps beside the tensors: `_metadata`, as an attribute of the dict.
  out.opcodes(0x75, 0x7d).text('_metadata').emptyOrderedDict().opcodes(0x73, 0x62);
  if (!bare) {
    const names = Object.entries(extras);
    names.forEach(([name, value], index) => {
      out.text(name);
      if (evil && index === names.length - 1) out.raw(evil);
      else if (value === null) out.opcodes(0x4e);
      else out.int(value);
    });
    if (evil && names.length === 0) out.text('evil').raw(evil);
    out.opcodes(0x75);
  }
  return out.opcodes(0x2e).bytes();
}

const bytesOf = (data: ArrayBufferView) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

class FileWriter {
  at = 0;
  private readonly fd: number;

  constructor(file: string) {
    this.fd = openSync(file, 'w');
  }

  write(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; )
      from += writeSync(this.fd, bytes, from, bytes.length - from, this.at + from);
    this.at += bytes.length;
  }

  /** A hole: no disk is used where files may be sparse. */
  skip(bytes: number): void {
    this.at += bytes;
  }

  close(): void {
    closeSync(this.fd);
  }
}

/** The format of torch >= 1.6: stored entries whose data starts at multiples of 64 bytes, with zip64 ends. */
export function saveZip(path: string, checkpoint: SavedCheckpoint): void {
  const file = new FileWriter(path);
  const central: Buffer[] = [];
  let count = 0;
  const add = (name: string, data: Buffer) => {
    const nameBytes = Buffer.from(`archive/${name}`);
    const sum = checkpoint.withoutCrc ? 0 : crc32(data);
    const packed = checkpoint.compressed?.includes(name) ? deflateRawSync(data) : undefined;
    const padding = (64 - ((file.at + 30 + nameBytes.length + 4) % 64)) % 64;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(0x0808, 6); // sizes and checksum follow the data; the central directory has them too
    local.writeUInt16LE(nameBytes.length, 26);
    local.writeUInt16LE(4 + padding, 28);
    const extra = Buffer.alloc(4 + padding, 0x5a);
    extra.write('FB', 'latin1');
    extra.writeUInt16LE(padding, 2);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(0x0808, 8);
    entry.writeUInt16LE(packed ? 8 : 0, 10);
    entry.writeUInt32LE(sum, 16);
    entry.writeUInt32LE((packed ?? data).length, 20);
    entry.writeUInt32LE(data.length, 24);
    entry.writeUInt16LE(nameBytes.length, 28);
    const far = file.at > 0xfffffffe;
    entry.writeUInt32LE(far ? 0xffffffff : file.at, 42);
    const zip64 = Buffer.alloc(far ? 12 : 0);
    if (far) {
      zip64.writeUInt16LE(1, 0);
      zip64.writeUInt16LE(8, 2);
      zip64.writeBigUInt64LE(BigInt(file.at), 4);
    }
    entry.writeUInt16LE(zip64.length, 30);
    central.push(entry, nameBytes, zip64);
    for (const part of [local, nameBytes, extra, packed ?? data]) file.write(part);
    const descriptor = Buffer.alloc(16);
    descriptor.writeUInt32LE(0x08074b50, 0);
    descriptor.writeUInt32LE(sum, 4);
    descriptor.writeUInt32LE((packed ?? data).length, 8);
    descriptor.writeUInt32LE(data.length, 12);
    file.write(descriptor);
    count++;
  };
  add('data.pkl', pickleOf(checkpoint, false));
  add('byteorder', Buffer.from('little'));
  for (const [name, data] of Object.entries(checkpoint.files ?? {})) add(name, data);
  file.skip(checkpoint.holeBytes ?? 0);
  for (const [index, tensor] of checkpoint.tensors.entries()) add(`data/${index}`, bytesOf(tensor.data()));
  add('version', Buffer.from('3\n'));
  writeZipEnd(file, Buffer.concat(central), count);
  file.close();
}

function writeZipEnd(file: FileWriter, directory: Buffer, count: number): void {
  const start = file.at;
  file.write(directory);
  const end64At = file.at;
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x06064b50, 0);
  end64.writeBigUInt64LE(44n, 4);
  end64.writeBigUInt64LE(BigInt(count), 24);
  end64.writeBigUInt64LE(BigInt(count), 32);
  end64.writeBigUInt64LE(BigInt(directory.length), 40);
  end64.writeBigUInt64LE(BigInt(start), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(end64At), 8);
  locator.writeUInt32LE(1, 16);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(Math.min(start, 0xffffffff), 16);
  for (const part of [end64, locator, end]) file.write(part);
}

/** The format before torch 1.6: five pickles, then each storage's count and numbers. */
export function saveLegacy(path: string, checkpoint: SavedCheckpoint): void {
  const file = new FileWriter(path);
  file.write(Buffer.from('80028a0a6cfc9c46f9206aa850192e80024de9032e', 'hex'));
  const machine = new Pickler().opcodes(0x80, 2, 0x7d, 0x28).text('protocol_version').int(1001);
  machine.text('little_endian').opcodes(0x88);
  file.write(machine.opcodes(0x75, 0x2e).bytes());
  file.write(pickleOf(checkpoint, true));
  const keys = new Pickler().opcodes(0x80, 2, 0x5d, 0x28);
  for (let index = 0; index < checkpoint.tensors.length; index++) keys.text(String(index));
  file.write(keys.opcodes(0x65, 0x2e).bytes());
  for (const tensor of checkpoint.tensors) {
    const data = tensor.data();
    const count = Buffer.alloc(8);
    count.writeBigInt64LE(BigInt(data.length));
    file.write(count);
    file.write(bytesOf(data));
  }
  file.close();
}
