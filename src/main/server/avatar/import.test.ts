import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { numberOf, writeLiveTalkingFolder } from '../../../../testing/livetalking-folder';
import { counts } from '../metrics/native';
import { type ImportProgress, importAvatar } from './import';
import { AvatarLibrary } from './library';

const PICTURES = 10;
let root: string;
let source: string;
let avatarsDir: string;
let cacheDir: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'herald-import-'));
  source = await writeLiveTalkingFolder(join(root, 'wav2lip256_avatar1'), { pictures: PICTURES });
  avatarsDir = join(root, 'data', 'avatars');
  cacheDir = join(root, 'data', 'cache');
});
afterAll(() => rmSync(root, { recursive: true }));

const places = () => ({ avatarsDir, cacheDir });
const imported = () => (existsSync(avatarsDir) ? readdirSync(avatarsDir) : []);

describe('importAvatar', () => {
  it('copies the folder, with progress, and the first session finds its pictures prepared', async () => {
    writeFileSync(join(source, 'notes.txt'), 'stays where it is');
    const progress: ImportProgress[] = [];
    const avatar = await importAvatar(source, 'anna', { ...places(), onProgress: (step) => progress.push(step) });
    expect(avatar).toMatchObject({ id: 'anna', dir: join(avatarsDir, 'anna'), widthPx: 64, heightPx: 96 });
    expect(progress.filter(({ step }) => step === 'prepare').at(-1)).toEqual({ step: 'prepare', done: 10, total: 10 });
    expect(progress.at(-1)).toEqual({ step: 'copy', done: 21, total: 21 });
    expect(imported()).toEqual(['anna']);
    expect(readdirSync(join(avatarsDir, 'anna')).sort()).toEqual(['coords.pkl', 'face_imgs', 'full_imgs']);
    for (const file of ['full_imgs/00000009.png', 'face_imgs/00000000.png', 'coords.pkl']) {
      expect(readFileSync(join(avatarsDir, 'anna', file))).toEqual(readFileSync(join(source, file)));
    }
    const events: unknown[] = [];
    const library = new AvatarLibrary({ dirs: [avatarsDir], cacheDir, onEvent: (event) => events.push(event) });
    const opened = await library.open('anna');
    expect(opened.pictureCount).toBe(PICTURES);
    expect(numberOf(await opened.picture(9))).toBe(9);
    await library.close();
    expect(events).toEqual([]);
    expect(counts()['transcode-process']).toBe(0);
    expect(counts()['avatar-decoder']).toBe(0);
  });

  it("takes the folder's own name, and refuses one that is taken or no name", async () => {
    expect((await importAvatar(source, undefined, places())).id).toBe('wav2lip256_avatar1');
    await expect(importAvatar(source, 'anna', places())).rejects.toThrow(/anna exists already.*--name/);
    for (const name of ['../anna', 'a/b', '.hidden', '', 'x'.repeat(65), 'a\0']) {
      await expect(importAvatar(source, name, places())).rejects.toMatchObject({
        kind: 'malformed',
        message: expect.stringContaining('not an avatar name'),
      });
    }
    await expect(importAvatar(join(root, 'nowhere'), 'x', places())).rejects.toThrow(/nowhere is not a folder/);
  });

  it('imports a broken folder not at all', async () => {
    const broken = await writeLiveTalkingFolder(join(root, 'broken'), { pictures: 6 });
    const png = join(broken, 'full_imgs', '00000004.png');
    writeFileSync(png, readFileSync(png).fill(0x55, 200, 260));
    const before = imported();
    await expect(importAvatar(broken, undefined, places())).rejects.toThrow(/00000004\.png .*Replace it/);
    rmSync(png);
    await expect(importAvatar(broken, undefined, places())).rejects.toThrow(/00000004\.png belongs to no picture/);
    expect(imported()).toEqual(before);
    expect(readdirSync(cacheDir).filter((name) => !name.endsWith('.pictures'))).toEqual([]);
  });

  it.each(['prepare', 'copy'] as const)('leaves nothing behind when it is stopped at "%s"', async (at) => {
    const other = await writeLiveTalkingFolder(join(root, `stopped-${at}`), { pictures: 40 });
    const stopping = new AbortController();
    const stopped = importAvatar(other, undefined, {
      ...places(),
      signal: stopping.signal,
      onProgress: ({ step }) => step === at && stopping.abort(new Error('enough')),
    });
    const before = imported().filter((name) => !name.startsWith('.'));
    await expect(stopped).rejects.toThrow('enough');
    expect(imported()).toEqual(before);
    expect(readdirSync(cacheDir).filter((name) => !name.endsWith('.pictures'))).toEqual([]);
    expect(counts()['transcode-process']).toBe(0);
  });
});
