import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { padded, writeLiveTalkingFolder } from '../../../../testing/livetalking-folder';
import { type Coords, pickleCoords, pickleOfSystemCall } from '../../../../testing/pickle-coords';
import { appRoot } from '../entries';
import { faceBoxOf, readCoords } from './coords';
import { isLiveTalkingFolder, readLiveTalking } from './livetalking';

let root: string;
let good: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'herald-livetalking-'));
  good = await writeLiveTalkingFolder(join(root, 'good'), { pictures: 12 });
});
afterAll(() => rmSync(root, { recursive: true }));

let copies = 0;
/** A copy of the good folder with one thing changed. */
function changed(change: (dir: string) => void): string {
  const dir = join(root, `copy${copies++}`);
  cpSync(good, dir, { recursive: true });
  change(dir);
  return dir;
}

describe('readLiveTalking', () => {
  it('reads pictures, faces and boxes', async () => {
    const avatar = await readLiveTalking(good);
    expect(avatar).toMatchObject({ id: 'good', widthPx: 64, heightPx: 96, faceSizePx: 32 });
    expect(avatar.pictureFiles.map((file) => basename(file))).toEqual(
      Array.from({ length: 12 }, (_, i) => padded('png')(i)),
    );
    expect(avatar.faceBoxes).toHaveLength(12);
    expect(avatar.faceBoxes[0]).toEqual({ xPx: 12, yPx: 10, widthPx: 36, heightPx: 36 });
    for (const box of avatar.faceBoxes) for (const value of Object.values(box)) expect(value % 2).toBe(0);
    expect(isLiveTalkingFolder(good)).toBe(true);
    expect(isLiveTalkingFolder(root)).toBe(false);
  });

  it('sorts by number, not by name, whatever the extension and its case', async () => {
    const extensions = ['png', 'JPG', 'jpeg', 'PNG', 'jpg'];
    const dir = await writeLiveTalkingFolder(join(root, 'mixed'), {
      pictures: 12,
      fileName: (i) => `${i + 1}.${extensions[i % extensions.length]}`,
      coords: 'numpy',
    });
    const avatar = await readLiveTalking(dir);
    expect(avatar.pictureFiles.map((file) => Number.parseInt(basename(file), 10))).toEqual(
      Array.from({ length: 12 }, (_, i) => i + 1),
    );
    expect(avatar.faceBoxes).toEqual((await readLiveTalking(good)).faceBoxes);
  });

  it('leaves out the last row and column of odd pictures and moves the box inside', async () => {
    const dir = await writeLiveTalkingFolder(join(root, 'odd'), {
      pictures: 2,
      widthPx: 65,
      heightPx: 97,
      box: () => [51, 97, 15, 65],
    });
    const { widthPx, heightPx, faceBoxes } = await readLiveTalking(dir);
    expect([widthPx, heightPx]).toEqual([64, 96]);
    expect(faceBoxes[0]).toEqual({ xPx: 16, yPx: 52, widthPx: 48, heightPx: 44 });
  });

  it('ignores what is no picture', async () => {
    const dir = changed((at) => {
      for (const name of ['Thumbs.db', '.DS_Store', '._00000000.png']) writeFileSync(join(at, 'full_imgs', name), 'x');
    });
    expect((await readLiveTalking(dir)).pictureFiles).toHaveLength(12);
  });

  it('has a signature that follows the pictures', async () => {
    const { signature } = await readLiveTalking(good);
    const moved = changed(() => {});
    cpSync(good, moved, { recursive: true, preserveTimestamps: true });
    expect((await readLiveTalking(moved)).signature).toBe(signature);
    const file = join(moved, 'full_imgs', '00000003.png');
    writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.from('IEND')]));
    expect((await readLiveTalking(moved)).signature).not.toBe(signature);
  });

  const broken: [what: string, change: (dir: string) => void, message: RegExp][] = [
    [
      'a frame is missing',
      (at) => rmSync(join(at, 'full_imgs', '00000005.png')),
      /face_imgs.00000005\.png belongs to no/,
    ],
    ['a face is missing', (at) => rmSync(join(at, 'face_imgs', '00000007.png')), /full_imgs.00000007\.png has no face/],
    [
      'a box is missing',
      (at) => writeFileSync(join(at, 'coords.pkl'), pickleCoords(Array(11).fill([10, 45, 12, 47]))),
      /coords\.pkl has 11 face boxes, but full_imgs has 12 pictures/,
    ],
    [
      'a box leaves the picture',
      (at) =>
        writeFileSync(join(at, 'coords.pkl'), pickleCoords([...Array(11).fill([10, 45, 12, 47]), [60, 97, 12, 47]])),
      /coords\.pkl does not fit 00000011\.png: the face box y 60\.\.97, x 12\.\.47 leaves the picture of 64x96/,
    ],
    ['a file is empty', (at) => writeFileSync(join(at, 'full_imgs', '00000002.png'), ''), /00000002\.png is empty/],
    [
      'a file is cut off',
      (at) => {
        const file = join(at, 'full_imgs', '00000004.png');
        writeFileSync(file, readFileSync(file).subarray(0, 400));
      },
      /full_imgs.00000004\.png is cut off/,
    ],
    [
      'a file is something else',
      (at) => writeFileSync(join(at, 'face_imgs', '00000004.png'), 'GIF89a'),
      /face_imgs.00000004\.png is neither a PNG nor a JPEG/,
    ],
    [
      'a name is no number',
      (at) => renameSync(join(at, 'full_imgs', '00000004.png'), join(at, 'full_imgs', 'frame4.png')),
      /frame4\.png is not named by its number.*Rename or remove it/,
    ],
    [
      'two have one number',
      (at) => cpSync(join(at, 'full_imgs', '00000004.png'), join(at, 'full_imgs', '4.jpg')),
      /have the same number/,
    ],
    ['no face pictures', (at) => rmSync(join(at, 'face_imgs'), { recursive: true }), /face_imgs is missing/],
    ['no coords', (at) => rmSync(join(at, 'coords.pkl')), /coords\.pkl is missing/],
    ['empty coords', (at) => writeFileSync(join(at, 'coords.pkl'), ''), /coords\.pkl is empty/],
    [
      'an empty folder',
      (at) => {
        rmSync(join(at, 'full_imgs'), { recursive: true });
        mkdirSync(join(at, 'full_imgs'));
      },
      /full_imgs holds no png, jpg or jpeg pictures/,
    ],
    [
      'coords that would run something',
      (at) => writeFileSync(join(at, 'coords.pkl'), pickleOfSystemCall(`touch ${at}/ran`)),
      /coords\.pkl .*os\.system/,
    ],
    [
      'coords cut off',
      (at) => writeFileSync(join(at, 'coords.pkl'), readFileSync(join(at, 'coords.pkl')).subarray(0, 60)),
      /coords\.pkl .*(cut off|ends)/,
    ],
    [
      'coords of something else',
      (at) => writeFileSync(join(at, 'coords.pkl'), pickleCoords([[1, 2, 3] as unknown as Coords])),
      /coords\.pkl has an entry, number 0, that is not four whole numbers/,
    ],
  ];
  it.each(broken)('refuses a folder where %s, by the file and what to do', async (_, change, message) => {
    const dir = changed(change);
    const error = await readLiveTalking(dir).then(
      () => undefined,
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ name: 'HeraldError', kind: 'malformed' });
    expect(error.message).toMatch(message);
    expect(error.message).toContain(dir);
    expect(error.message).toMatch(/Copy|Rename|Remove/);
    expect(existsSync(join(dir, 'ran'))).toBe(false);
  });

  it('refuses pictures of different sizes and faces that are not square', async () => {
    const wide = await writeLiveTalkingFolder(join(root, 'wide'), { pictures: 1, widthPx: 80 });
    const sizes = changed((at) =>
      cpSync(join(wide, 'full_imgs', '00000000.png'), join(at, 'full_imgs', '00000009.png')),
    );
    await expect(readLiveTalking(sizes)).rejects.toThrow(/00000009\.png is 80x96, but 00000000\.png is 64x96/);
    const face = changed((at) => {
      for (let i = 0; i < 12; i++)
        cpSync(join(wide, 'full_imgs', '00000000.png'), join(at, 'face_imgs', padded('png')(i)));
    });
    await expect(readLiveTalking(face)).rejects.toThrow(/00000000\.png is 80x96; a face picture is square/);
  });
});

describe('coords', () => {
  it('reads plain integers and numpy scalars alike', async () => {
    const boxes: Coords[] = [
      [137, 295, 264, 384],
      [0, 70_000, 1, 2],
    ];
    for (const kind of ['plain', 'numpy'] as const) {
      const file = join(root, `${kind}.pkl`);
      writeFileSync(file, pickleCoords(boxes, kind));
      expect(await readCoords(file)).toEqual(boxes);
    }
  });

  const fixture = join(appRoot, '../shared/fixtures/coords-numpy-int32.pkl');
  it.skipIf(!existsSync(fixture))('reads what LiveTalking wrote (skipped where ../shared is not there)', async () => {
    const boxes = await readCoords(fixture);
    expect(boxes).toHaveLength(450);
    expect(boxes[0]).toEqual([137, 295, 264, 384]);
  });

  it('refuses boxes that are none', () => {
    for (const coords of [
      [-1, 50, 0, 50],
      [0, 50, -2, 50],
      [0, 101, 0, 50],
      [50, 10, 0, 50],
      [0, 10, 0, 50],
    ] as Coords[]) {
      expect(faceBoxOf(coords, 100, 100)).toMatch(/^the face box y /);
    }
    expect(faceBoxOf([1, 99, 3, 98], 99, 99)).toEqual({ xPx: 4, yPx: 2, widthPx: 94, heightPx: 96 });
  });
});
