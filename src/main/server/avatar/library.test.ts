import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTestPresenter } from '../../../../testing/presenter';
import { counts } from '../metrics/native';
import { AvatarLibrary } from './library';

let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'herald-avatars-'));
  await writeTestPresenter(dir, { id: 'tiny' });
  await writeTestPresenter(dir, { id: 'pong', playback: 'pingpong', pictures: 13 });
});
afterAll(() => rmSync(dir, { recursive: true }));

const library = (pictureBytes?: number) =>
  new AvatarLibrary({ dirs: [dir], ...(pictureBytes ? { pictureBytes } : {}) });
const bytesOf = (sizePx: number) => (sizePx * sizePx * 3) / 2;

describe('AvatarLibrary', () => {
  it('gives the same bytes for a picture however it is reached, also when memory is too small for the loop', async () => {
    const roomy = library();
    const tight = library(bytesOf(64) * 2);
    const a = await roomy.open('tiny');
    const b = await tight.open('tiny');
    const wanted = [];
    for (let i = 0; i < a.pictureCount; i++) wanted.push((await a.picture(i)).data);
    expect(new Set(wanted.map((data) => Buffer.from(data).toString('base64'))).size).toBe(12);
    for (const i of [11, 3, 7, 0, 7, 4, 5, 10, 2, 9, 1, 6, 8]) {
      const picture = await b.picture(i);
      expect(picture).toMatchObject({ widthPx: 64, heightPx: 64 });
      expect(picture.data).toEqual(wanted[i]);
    }
    // Two GOPs of five are the least it works with.
    expect(tight.pictureBytes).toBeLessThanOrEqual(bytesOf(64) * 10);
    expect(roomy.pictureBytes).toBe(bytesOf(64) * 12);
    a.release();
    b.release();
    await Promise.all([roomy.close(), tight.close()]);
    expect(counts()['avatar-decoder']).toBe(0);
    expect(counts().demuxer).toBe(0);
  });

  it('shares pictures between sessions; the last release frees the decoder and keeps the pictures', async () => {
    const lib = library();
    const [a, b] = await Promise.all([lib.open('tiny'), lib.open('tiny')]);
    expect(await a.picture(3)).toBe(await b.picture(3));
    expect(counts()['avatar-decoder']).toBe(1);
    a.release();
    a.release(); // a second release by one session must not take it from the other
    expect((await b.picture(8)).data.length).toBe(bytesOf(64));
    const kept = await b.picture(3);
    b.release();
    await expect.poll(() => counts()['avatar-decoder']).toBe(0);
    const c = await lib.open('tiny');
    expect(c.pictureNow(3)).toBe(kept);
    expect((await c.picture(11)).data.length).toBe(bytesOf(64));
    await lib.close();
    expect(counts()['avatar-decoder']).toBe(0);
    expect(lib.pictureBytes).toBe(0);
  });

  it('goes on for the next session when one leaves in the middle of a decode', async () => {
    const lib = library();
    for (let i = 0; i < 20; i++) {
      const a = await lib.open('pong');
      void a.picture(12);
      a.release();
      const b = await lib.open('pong');
      expect((await b.picture(12)).data.length).toBe(bytesOf(64));
      b.release();
    }
    await lib.close();
    expect(counts()['avatar-decoder']).toBe(0);
  });

  it('lets a session join another that walks a loop too long for memory, and keeps it there', async () => {
    const tight = library(bytesOf(64) * 2);
    const a = await tight.open('pong');
    const shown = (avatar: typeof a, position: number) => {
      avatar.onAir?.(position, { silent: true });
      return avatar.indexAt(position);
    };
    for (let position = 0; position <= 40; position++) shown(a, position);
    const b = await tight.open('pong');
    expect(b.indexAt(0)).toBe(a.indexAt(40));
    for (let position = 0; position < 40; position++) expect(shown(b, position)).toBe(shown(a, 40 + position));
    a.release();
    b.release();
    await tight.close();
    const roomy = library();
    const [c, d] = [await roomy.open('pong'), await roomy.open('pong')];
    for (let position = 0; position <= 5; position++) shown(c, position);
    expect(d.indexAt(0)).toBe(0);
    await roomy.close();
  });

  it('decodes ahead: the walk finds its pictures in memory', async () => {
    const lib = library();
    for (const id of ['tiny', 'pong']) {
      const avatar = await lib.open(id);
      await avatar.picture(0);
      let late = 0;
      for (let position = 0; position < 40; position++) {
        if (!avatar.pictureNow(avatar.indexAt(position))) late++;
        await new Promise((done) => setTimeout(done, 5));
      }
      expect(late).toBe(0);
      avatar.release();
    }
    await lib.close();
  });

  it('pictureNow hints: not there now, there soon', async () => {
    const lib = library();
    const avatar = await lib.open('pong');
    expect(avatar.pictureNow(12)).toBeUndefined();
    await expect.poll(() => avatar.pictureNow(12)).toBeDefined();
    await expect(avatar.picture(13)).rejects.toThrow('no picture 13');
    expect(avatar.faceBox(7)).toEqual({ xPx: 16, yPx: 16, widthPx: 32, heightPx: 32 });
    avatar.release();
    await lib.close();
  });

  it('says which avatars there are when one is unknown, and lets no name out of its folder', async () => {
    const lib = library();
    for (const id of ['nobody', '../tiny', '', '.', 'a/b', 'tiny\0', 'x'.repeat(65)]) {
      await expect(lib.open(id)).rejects.toMatchObject({
        kind: 'malformed',
        message: expect.stringMatching(/^avatar ".*" not found; available: .*tiny/),
      });
    }
    await lib.close();
  });

  it('lists what is in order, and names what is not', async () => {
    const messy = mkdtempSync(join(tmpdir(), 'herald-messy-'));
    await writeTestPresenter(messy, { id: 'good' });
    const broken = (id: string, text: string) => {
      mkdirSync(join(messy, id));
      writeFileSync(join(messy, id, 'presenter.json'), text);
    };
    broken('nojson', '{');
    broken('nofields', '{"format":"herald-presenter/1"}');
    mkdirSync(join(messy, 'not-an-avatar'));
    await writeTestPresenter(messy, { id: 'oddbox', change: (bundle) => (bundle.faceBoxes = [[1, 0, 16, 16]]) });
    await writeTestPresenter(messy, { id: 'outside', change: (bundle) => (bundle.faceBoxes = [[50, 0, 16, 16]]) });
    await writeTestPresenter(messy, {
      id: 'escapes',
      change: (b) => (b.idle = { ...(b.idle as object), file: '../x.mp4' }),
    });
    const lib = new AvatarLibrary({ dirs: [messy, join(messy, 'no-such-dir')] });
    const { avatars, problems } = await lib.list();
    expect(avatars.map(({ id }) => id)).toContain('good');
    expect(problems).toHaveLength(5);
    const messages = problems.map(({ message }) => message).join('\n');
    expect(problems.map(({ id }) => id)).toEqual(['escapes', 'nofields', 'nojson', 'oddbox', 'outside']);
    expect(messages).toMatch(/escapes.*presenter\.json: idle\.file: must be a plain file name/);
    expect(messages).toMatch(/nojson.*presenter\.json: not JSON/);
    expect(messages).toMatch(/oddbox.*faceBoxes\.0\.0: must be even/);
    rmSync(messy, { recursive: true });
  });

  it('refuses a clip that is not what presenter.json says, garbage, and a missing file', async () => {
    const messy = mkdtempSync(join(tmpdir(), 'herald-clips-'));
    await writeTestPresenter(messy, { id: 'short', change: (b) => (b.idle = { ...(b.idle as object), pictures: 40 }) });
    const garbage = await writeTestPresenter(messy, { id: 'garbage' });
    writeFileSync(join(garbage, 'idle.mp4'), Buffer.alloc(5_000, 7));
    const gone = await writeTestPresenter(messy, { id: 'gone' });
    rmSync(join(gone, 'idle.mp4'));
    const lib = new AvatarLibrary({ dirs: [messy] });
    await expect(lib.open('short')).rejects.toThrow(/idle\.mp4 holds 12 pictures of 64x64.*says 40/);
    await expect(lib.open('garbage')).rejects.toThrow(/garbage.idle\.mp4: cannot be read as a video/);
    await expect(lib.open('gone')).rejects.toThrow(/gone.idle\.mp4: cannot be read/);
    await lib.close();
    expect(counts()['avatar-decoder']).toBe(0);
    expect(counts().demuxer).toBe(0);
    rmSync(messy, { recursive: true });
  });
});
