import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type ZippedFile, zipOf } from '../../../../testing/zip-archive';
import { unpackAvatar } from './zip';

const root = mkdtempSync(join(tmpdir(), 'herald-unzip-'));
afterAll(() => rmSync(root, { recursive: true }));
let number = 0;
let target: string;
beforeEach(() => (target = join(root, `out-${++number}`)));

function unpack(
  bytes: Buffer | ZippedFile[],
  bounds?: { maxFiles: number; maxBytes: number },
  signal = new AbortController().signal,
) {
  const file = join(root, `${number}.zip`);
  writeFileSync(file, Buffer.isBuffer(bytes) ? bytes : zipOf(bytes));
  return unpackAvatar(file, target, { signal, ...(bounds && { bounds }) });
}
const refused = async (
  files: Buffer | ZippedFile[],
  message: RegExp,
  bounds?: { maxFiles: number; maxBytes: number },
) => {
  await expect(unpack(files, bounds)).rejects.toMatchObject({
    kind: 'malformed',
    message: expect.stringMatching(message),
  });
};
const noise = (bytes: number) => Buffer.from(Array.from({ length: bytes }, (_, i) => (i * 2_654_435_761) >>> 13));
const avatar = (folder: string): ZippedFile[] => [
  { name: `${folder}full_imgs/0.png`, data: noise(500) },
  { name: `${folder}face_imgs/0.png`, data: noise(300), method: 0 },
  { name: `${folder}coords.pkl`, data: Buffer.from('boxes') },
];
/** Nothing was written, inside the target or beside it. */
const nothingWritten = () => expect(existsSync(target)).toBe(false);

describe('an archive is unpacked', () => {
  it.each(['', 'clara/', 'avatars/clara/'])(
    'with its avatar at "%s", and without what is no part of one',
    async (folder) => {
      const others = ['notes.txt', 'latents.pt', '.DS_Store', 'full_imgs/Thumbs.db', '__MACOSX/full_imgs/._0.png'];
      const files = [...avatar(folder), ...others.map((name) => ({ name: `${folder}${name}`, data: noise(20) }))];
      expect(await unpack([{ name: `${folder}full_imgs/`, mode: 0o40755 }, ...files])).toBe(
        folder.split('/').at(-2) ?? '',
      );
      expect(readdirSync(target, { recursive: true }).sort()).toEqual([
        'coords.pkl',
        'face_imgs',
        join('face_imgs', '0.png'),
        'full_imgs',
        join('full_imgs', '0.png'),
      ]);
      expect(readFileSync(join(target, 'full_imgs', '0.png'))).toEqual(noise(500));
      expect(readFileSync(join(target, 'face_imgs', '0.png'))).toEqual(noise(300));
    },
  );

  it('with names of any language, and separators of old Windows programs', async () => {
    expect(await unpack([{ name: '小美\\full_imgs\\1.png', data: noise(9) }])).toBe('小美');
    expect(readdirSync(join(target, 'full_imgs'))).toEqual(['1.png']);
  });

  it('not any further once it is stopped', async () => {
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    await expect(unpack(avatar(''), undefined, stop.signal)).rejects.toThrow('enough');
    nothingWritten();
  });
});

describe('an archive is refused before anything is written', () => {
  it.each([
    '../full_imgs/0.png',
    'clara/../../full_imgs/0.png',
    '/etc/full_imgs/0.png',
    'C:/full_imgs/0.png',
    'clara/full_imgs/..\\..\\0.png',
    'full_imgs/a\0.png',
    'full_imgs/./0.png',
    '..',
    '../',
    'notes/../../secret.txt',
    'full_imgs//0.png',
  ])('for the name %j', async (name) => {
    await refused([...avatar('clara/'), { name, data: noise(10) }], /path|characters|cannot be read/);
    nothingWritten();
    expect(readdirSync(root).filter((entry) => !/^\d+\.zip$|^out-/.test(entry))).toEqual([]);
  });

  it('for a link, a password, and other ways of packing', async () => {
    const bad = (file: Partial<ZippedFile>) => [...avatar(''), { name: 'full_imgs/1.png', data: noise(10), ...file }];
    await refused(bad({ mode: 0o120777 }), /"full_imgs\/1\.png" is a symbolic link/);
    await refused(bad({ encrypted: true }), /"full_imgs\/1\.png" is encrypted.*password/);
    await refused(bad({ method: 14 }), /"full_imgs\/1\.png" is packed in a way \(14\)/);
    nothingWritten();
  });

  it('for two avatars, and for none', async () => {
    await refused([...avatar('clara/'), ...avatar('anna/')], /two avatars in it, in clara and in anna/);
    await refused([{ name: 'a/b.txt', data: noise(10) }], /no LiveTalking avatar.*full_imgs/);
    await refused([], /no LiveTalking avatar/);
  });

  it('for what is no archive, or a cut one', async () => {
    await refused(Buffer.from('garbage'), /the zip cannot be read/);
    await refused(Buffer.alloc(0), /the zip cannot be read/);
    await refused(zipOf(avatar('')).subarray(0, -30), /the zip cannot be read/);
  });
});

describe('a bomb', () => {
  it('is refused for how many files it holds', async () => {
    const files = Array.from({ length: 30 }, (_, i) => ({ name: `full_imgs/${i}.png`, data: noise(5) }));
    await refused(files, /holds 30 files, and an avatar has at most 29/, { maxFiles: 29, maxBytes: 1e9 });
    nothingWritten();
  });

  it('is refused for what it would become', async () => {
    await refused([{ name: 'full_imgs/0.png', data: Buffer.alloc(4 << 20) }], /more than 100 times as large/);
    const files = Array.from({ length: 40 }, (_, i) => ({ name: `full_imgs/${i}.png`, data: Buffer.alloc(60_000) }));
    await refused(files, /the zip would become more than 100 times/);
    await refused(avatar(''), /would become larger than/, { maxFiles: 99, maxBytes: 700 });
    nothingWritten();
  });

  it('is refused for files that share their bytes, each small enough by itself', async () => {
    // All entries of the list point to the first file's data (Fifield, "A better zip bomb", 2019).
    const data = noise(1 << 20);
    const whole = zipOf(
      Array.from({ length: 120 }, (_, i) => ({
        name: `full_imgs/${1_000 + i}.png`,
        data: i ? Buffer.alloc(0) : data,
        method: 0,
      })),
    );
    const end = whole.length - 22;
    for (let at = whole.readUInt32LE(end + 16); at < end; at += 46 + whole.readUInt16LE(at + 28)) {
      whole.writeUInt32LE(data.length, at + 20);
      whole.writeUInt32LE(data.length, at + 24);
      whole.writeUInt32LE(0, at + 42);
    }
    await refused(whole, /the zip would become more than 100 times/);
    nothingWritten();
  });

  it('that lies about its size ends where the lie shows', async () => {
    const data = Buffer.concat([noise(3_000), Buffer.alloc(200_000)]);
    await refused([{ name: 'full_imgs/0.png', data, claims: { unpackedBytes: 2_000 } }], /damaged in the zip/);
    expect(readFileSync(join(target, 'full_imgs', '0.png')).length).toBeLessThanOrEqual(2_000);
  });
});

it('names the file that is damaged', async () => {
  const damaged = (claims: NonNullable<ZippedFile['claims']>) => [
    { name: 'a/full_imgs/7.png', data: noise(50), claims },
    { name: 'a/coords.pkl', data: noise(5) },
  ];
  await refused(damaged({ crc: 1 }), /"a\/full_imgs\/7\.png" is damaged in the zip \(another checksum\)/);
  rmSync(target, { recursive: true });
  await refused(damaged({ unpackedBytes: 60 }), /"a\/full_imgs\/7\.png" is damaged/);
});

it('refuses a name that is there twice', async () => {
  await refused(
    [...avatar(''), { name: 'full_imgs/0.png', data: noise(5) }],
    /"full_imgs\/0\.png" is in the zip twice/,
  );
});
