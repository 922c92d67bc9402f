import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FileReader } from './file-reader';
import { readZipDirectory, ZipError } from './zip';

let dir: string;
beforeAll(() => (dir = mkdtempSync(join(tmpdir(), 'herald-zip-'))));
afterAll(() => rmSync(dir, { recursive: true }));

/** One entry of a central directory (APPNOTE 4.3.12), whatever it claims. */
function central(name: string, { method = 0, packed = 10, unpacked = 10, offset = 0 } = {}): Buffer {
  const head = Buffer.alloc(46);
  head.writeUInt32LE(0x02014b50, 0);
  head.writeUInt16LE(method, 10);
  head.writeUInt32LE(packed, 20);
  head.writeUInt32LE(unpacked, 24);
  head.writeUInt16LE(Buffer.byteLength(name), 28);
  head.writeUInt32LE(offset, 42);
  return Buffer.concat([head, Buffer.from(name)]);
}

function archive(entries: Buffer[], claims: { count?: number; length?: number; offset?: number } = {}): Buffer {
  const data = Buffer.alloc(64);
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(claims.count ?? entries.length, 8);
  end.writeUInt16LE(claims.count ?? entries.length, 10);
  end.writeUInt32LE(claims.length ?? directory.length, 12);
  end.writeUInt32LE(claims.offset ?? data.length, 16);
  return Buffer.concat([data, directory, end]);
}

async function outcome(bytes: Buffer): Promise<string[] | 'refused'> {
  const path = join(dir, 'x.zip');
  writeFileSync(path, bytes);
  const file = await FileReader.open(path);
  try {
    const entries = await readZipDirectory(file);
    // A compressed entry is never unpacked: what a few bytes could become does not matter.
    for (const entry of entries.values()) if (entry.stored) expect(entry.sizeBytes).toBeLessThanOrEqual(0xffff_ffff);
    return [...entries.keys()];
  } catch (error) {
    expect(error).toBeInstanceOf(ZipError);
    return 'refused';
  } finally {
    await file.close();
  }
}

it('zip bomb: sizes, counts and places that are not there are refused before anything is made of them', async () => {
  expect(await outcome(archive([central('a')]))).toEqual(['a']);
  const bombs: Record<string, Buffer> = {
    'more entries than there are': archive([central('a')], { count: 65_000 }),
    'a directory of 4 GB': archive([central('a')], { length: 0xffff_fff0 }),
    'a directory outside the file': archive([central('a')], { offset: 0xffff_0000 }),
    'the same part twice': archive([central('a'), central('a')]),
    'a part outside the file': archive([central('a', { offset: 0x7fff_ffff })]),
    'half an entry': archive([central('a').subarray(0, 30)]),
    'no directory': Buffer.alloc(100),
    nothing: Buffer.alloc(0),
  };
  for (const [what, bytes] of Object.entries(bombs)) expect(await outcome(bytes), what).toBe('refused');
});

it('zip bomb: a part that unpacks to gigabytes is not unpacked', async () => {
  const path = join(dir, 'bomb.zip');
  writeFileSync(path, archive([central('bomb', { method: 8, packed: 20, unpacked: 0xffff_fff0 })]));
  const file = await FileReader.open(path);
  try {
    expect((await readZipDirectory(file)).get('bomb')).toMatchObject({ stored: false });
  } finally {
    await file.close();
  }
});

it('every byte of a directory may be wrong', async () => {
  const whole = archive([central('a'), central('b/c')]);
  for (let at = 64; at < whole.length; at++) {
    for (const value of [0, 0x7f, 0xff]) {
      const bytes = Buffer.from(whole);
      bytes[at] = value;
      const result = await outcome(bytes);
      expect(result === 'refused' || result.length <= 2).toBe(true);
    }
  }
});
