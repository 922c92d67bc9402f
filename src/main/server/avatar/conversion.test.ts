import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { numberOf, padded, writeLiveTalkingFolder } from '../../../../testing/livetalking-folder';
import { counts } from '../metrics/native';
import type { Avatar } from './avatar';
import { type AvatarEvent, AvatarLibrary } from './library';

const PICTURES = 12;
const PICTURE_BYTES = (64 * 96 * 3) / 2;
/** There and back again: the ends are shown once. */
const PING_PONG = [...Array.from({ length: 12 }, (_, i) => i), ...Array.from({ length: 10 }, (_, i) => 10 - i)];

let root: string;
let dir: string;
let cacheDir: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'herald-conversion-'));
  dir = join(root, 'avatars');
  cacheDir = join(root, 'cache');
  await writeLiveTalkingFolder(join(dir, 'walker'), { pictures: PICTURES, coords: 'numpy' });
});
afterAll(() => rmSync(root, { recursive: true }));

function library(options: { cache?: string; pictureBytes?: number } = {}) {
  const events: AvatarEvent[] = [];
  const { cache = cacheDir, ...rest } = options;
  const avatars = new AvatarLibrary({ dirs: [dir], cacheDir: cache, onEvent: (event) => events.push(event), ...rest });
  return { avatars, events, happened: (kind: AvatarEvent['kind']) => events.some((event) => event.kind === kind) };
}

const walking = (avatar: Avatar) => expect.poll(() => avatar.pictureCount, { timeout: 20_000 }).toBeGreaterThan(1);
const cached = (at: string) => readdirSync(at).filter((name) => name.endsWith('.pictures'));
const ours = () =>
  Object.entries(counts()).filter(
    ([kind, count]) => count > 0 && /avatar-decoder|image-decoder|intra-encoder|transcode-process/.test(kind),
  );

describe('a LiveTalking folder in the library', () => {
  it('stands on its first picture while it is converted, then walks there and back again', async () => {
    const { avatars, events, happened } = library();
    const avatar = await avatars.open('walker');
    expect(avatar).toMatchObject({ id: 'walker', widthPx: 64, heightPx: 96, stillIndex: 0, pictureCount: 1 });
    const first = avatar.pictureNow(0)!;
    expect(numberOf(first)).toBe(0);
    expect([0, 1, 7].map((position) => avatar.indexAt(position))).toEqual([0, 0, 0]);
    await walking(avatar);
    expect(happened('converted')).toBe(true);
    expect(events[0]).toMatchObject({ kind: 'converting', avatarId: 'walker' });
    // What was asked for while it stood stays what it was; the walk begins behind it, with the very picture that stood.
    expect([0, 1, 7].map((position) => avatar.indexAt(position))).toEqual([0, 0, 0]);
    expect(Array.from({ length: 22 }, (_, i) => avatar.indexAt(8 + i))).toEqual(PING_PONG);
    expect((await avatar.picture(0)).data).toEqual(first.data);
    for (const index of PING_PONG) expect(numberOf(await avatar.picture(index))).toBe(index);
    expect(avatar.faceBox(3)).toEqual({ xPx: 16, yPx: 10, widthPx: 32, heightPx: 38 });
    avatar.release();
    await avatars.close();
    expect(ours()).toEqual([]);
  });

  it('finds what was converted before, and gives every session and every loop the same bytes', async () => {
    const files = cached(cacheDir);
    expect(files).toHaveLength(1);
    const { ino } = statSync(join(cacheDir, files[0]!));
    const { avatars, events } = library({ pictureBytes: PICTURE_BYTES }); // too small to keep anything for a loop
    const [a, b] = await Promise.all([avatars.open('walker'), avatars.open('walker')]);
    expect(a.reachPictures).toBe(4);
    expect(a.pictureCount).toBe(PICTURES);
    expect(await a.picture(5)).toBe(await b.picture(5));
    expect(counts()['avatar-decoder']).toBe(1);
    const loops: string[][] = [];
    for (let loop = 0; loop < 3; loop++) {
      const pictures: string[] = [];
      for (const index of PING_PONG) pictures.push(Buffer.from((await a.picture(index)).data).toString('base64'));
      loops.push(pictures);
    }
    expect(loops[1]).toEqual(loops[0]);
    expect(loops[2]).toEqual(loops[0]);
    expect(new Set(loops[0]).size).toBe(PICTURES);
    expect(avatars.pictureBytes).toBeLessThanOrEqual(2 * 5 * PICTURE_BYTES); // for each session the one shown and four ahead
    a.release();
    b.release();
    await expect.poll(() => counts()['avatar-decoder']).toBe(0);
    await avatars.close();
    expect(events).toEqual([]);
    expect(statSync(join(cacheDir, files[0]!)).ino).toBe(ino);
  });

  it('decodes ahead both ways: the walk finds its pictures in memory', async () => {
    const { avatars } = library({ pictureBytes: PICTURE_BYTES });
    const avatar = await avatars.open('walker');
    await avatar.picture(0);
    const late: number[] = [];
    for (let position = 0; position < 44; position++) {
      const index = avatar.indexAt(position);
      if (!avatar.pictureNow(index)) late.push(index);
      await new Promise((done) => setTimeout(done, 40)); // as a viewer sees them
    }
    await avatars.close();
    expect(late).toEqual([]);
  });

  it('shows PNG and JPEG in BT.709, whatever the size', async () => {
    for (const extension of ['png', 'jpg']) {
      const id = `colour-${extension}`;
      await writeLiveTalkingFolder(join(dir, id), {
        pictures: 2,
        widthPx: 65,
        heightPx: 97,
        fileName: padded(extension),
        draw: () => Uint8Array.from({ length: 65 * 97 * 3 }, (_, i) => [200, 100, 50][i % 3]!),
      });
      const { avatars } = library();
      const avatar = await avatars.open(id);
      await walking(avatar);
      const { widthPx, heightPx, data } = await avatar.picture(1);
      expect([widthPx, heightPx]).toEqual([64, 96]);
      // R 200, G 100, B 50 in limited range; BT.601 would give 112.
      for (const [at, value] of [
        [3_000, 117],
        [64 * 96 + 700, 96],
        [64 * 96 * 1.25 + 700, 174],
      ] as const) {
        expect(Math.abs(data[at]! - value)).toBeLessThanOrEqual(extension === 'png' ? 0 : 2);
      }
      avatar.release();
      await avatars.close();
    }
  });

  it('converts again when the converted file is damaged or the folder has changed', async () => {
    const own = join(root, 'own-cache');
    const convert = async () => {
      const { avatars, happened } = library({ cache: own });
      const avatar = await avatars.open('walker');
      await walking(avatar);
      await avatars.close();
      return happened('converting');
    };
    expect(await convert()).toBe(true);
    expect(await convert()).toBe(false);
    truncateSync(join(own, cached(own)[0]!), 5_000);
    expect(await convert()).toBe(true);
    expect(await convert()).toBe(false);
    const png = join(dir, 'walker', 'full_imgs', '00000011.png');
    const content = readFileSync(png);
    writeFileSync(png, readFileSync(join(dir, 'walker', 'full_imgs', '00000010.png')));
    expect(await convert()).toBe(true);
    expect(cached(own)).toHaveLength(2);
    writeFileSync(png, content);
  });

  it('names the picture that does not decode, at once for the next who asks, and forgets it once it is mended', async () => {
    await writeLiveTalkingFolder(join(dir, 'scratched'), { pictures: 8 });
    const png = join(dir, 'scratched', 'full_imgs', '00000005.png');
    const content = readFileSync(png);
    const scratched = Buffer.from(content);
    scratched.fill(0x55, 200, 260); // inside the compressed data: header and end are as they were
    writeFileSync(png, scratched);
    const { avatars, events, happened } = library();
    const avatar = await avatars.open('scratched');
    await expect.poll(() => happened('failed'), { timeout: 20_000 }).toBe(true);
    const message = events.find(({ kind }) => kind === 'failed')!.message;
    expect(message).toMatch(/full_imgs.00000005\.png .*(decoded|damaged).*Replace it/);
    expect(numberOf(avatar.pictureNow(avatar.indexAt(100))!)).toBe(0);
    await expect(avatars.open('scratched')).rejects.toThrow(message);
    expect(readdirSync(cacheDir).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    writeFileSync(png, Buffer.concat([content, Buffer.alloc(1)]));
    const mended = await avatars.open('scratched');
    await walking(mended);
    mended.release();
    avatar.release();
    await avatars.close();
    expect(ours()).toEqual([]);
  });

  it('refuses a folder whose first picture does not decode', async () => {
    const bad = join(dir, 'first');
    cpSync(join(dir, 'walker'), bad, { recursive: true });
    const png = join(bad, 'full_imgs', '00000000.png');
    const bytes = readFileSync(png);
    writeFileSync(png, bytes.fill(0x55, 100, 400));
    const { avatars } = library();
    await expect(avatars.open('first')).rejects.toThrow(/first.full_imgs.00000000\.png .*Replace it/);
    await avatars.close();
    rmSync(bad, { recursive: true });
    expect(ours()).toEqual([]);
  });

  it('leaves nothing behind when it is closed in the middle of a conversion', async () => {
    const own = join(root, 'cut-cache');
    const { avatars } = library({ cache: own });
    const avatar = await avatars.open('walker');
    await expect.poll(() => counts()['transcode-process']).toBe(1);
    const waiting = avatar.picture(3);
    waiting.catch(() => {});
    await avatars.close();
    await expect(waiting).rejects.toThrow();
    await expect.poll(() => counts()['transcode-process']).toBe(0);
    await expect.poll(() => readdirSync(own)).toEqual([]);
    expect(ours()).toEqual([]);
  });

  it('lists folders beside presenters, and what is wrong with those that are not in order', async () => {
    cpSync(join(dir, 'walker'), join(dir, '主播 1'), { recursive: true });
    cpSync(join(dir, 'walker'), join(dir, 'faceless'), { recursive: true });
    rmSync(join(dir, 'faceless', 'face_imgs'), { recursive: true });
    const { avatars } = library();
    const listing = await avatars.list();
    expect(listing.avatars).toContainEqual(
      expect.objectContaining({ id: '主播 1', kind: 'livetalking', widthPx: 64, heightPx: 96, pictureCount: PICTURES }),
    );
    expect(listing.avatars).toContainEqual(expect.objectContaining({ id: 'clara', kind: 'presenter' }));
    expect(listing.problems).toEqual([
      { id: 'faceless', message: expect.stringMatching(/face_imgs is missing.*generate/) },
    ]);
    const avatar = await avatars.open('主播 1');
    expect(avatar.id).toBe('主播 1');
    avatar.release();
    await expect(avatars.open('faceless')).rejects.toThrow(/face_imgs is missing/);
    await avatars.close();
  });
});
