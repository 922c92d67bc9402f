import { crc32, deflateRawSync } from 'node:zlib';

/** A file in a .zip, with whatever lies its header should tell (APPNOTE.TXT 4.3.7 and 4.3.12). */
export interface ZippedFile {
  name: string;
  data?: Buffer;
  /** 8 = deflate (default), 0 = stored; others are only claimed. */
  method?: number;
  /** Unix mode, in the upper half of the external attributes. */
  mode?: number;
  encrypted?: boolean;
  /** In place of the true ones. */
  claims?: { unpackedBytes?: number; crc?: number };
}

export function zipOf(files: readonly ZippedFile[]): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, data = Buffer.alloc(0), method = 8, mode = 0o100644, encrypted = false, claims = {} } of files) {
    const packed = method === 8 ? deflateRawSync(data) : data;
    const bytes = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x0800 | (encrypted ? 1 : 0), 2); // UTF-8
    common.writeUInt16LE(method, 4);
    common.writeUInt16LE(0x5a21, 8);
    common.writeUInt32LE(claims.crc ?? crc32(data), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(claims.unpackedBytes ?? data.length, 18);
    common.writeUInt16LE(bytes.length, 22);
    parts.push(signed(0x04034b50), common, bytes, packed);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE((mode << 16) >>> 0, 6);
    rest.writeUInt32LE(offset, 10);
    const madeBy = Buffer.from([20, 3]); // on Unix
    central.push(signed(0x02014b50), madeBy, common, rest, bytes);
    offset += 4 + common.length + bytes.length + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, directory, signed(0x06054b50), end]);
}

function signed(signature: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(signature);
  return bytes;
}
