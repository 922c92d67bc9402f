import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeLiveTalkingFolder } from '../../../../testing/livetalking-folder';
import { counts } from '../metrics/native';
import { importAvatar } from './import';
import { AvatarLibrary } from './library';
import { AvatarRemoval } from './removal';

const root = mkdtempSync(join(tmpdir(), 'herald-removal-'));
const [theirs, ours, cacheDir] = [join(root, 'theirs'), join(root, 'avatars'), join(root, 'cache')];
let avatars: AvatarLibrary;
const clips = new Set<string>();
const removal = (options: { defaultAvatar?: string; trash?: (path: string) => Promise<void> } = {}) =>
  new AvatarRemoval({
    avatars,
    avatarsDir: ours,
    defaultAvatar: 'clara',
    neededBy: (id) => (clips.has(id) ? 'a clip of it is being made' : undefined),
    ...options,
  });
const ids = async () => (await avatars.list()).avatars.map(({ id }) => id);
const bring = async (name: string) => {
  const source = await writeLiveTalkingFolder(join(root, 'source', name), { pictures: 2 });
  await importAvatar(source, name, { avatarsDir: ours, cacheDir, move: true });
};

beforeAll(async () => {
  await writeLiveTalkingFolder(join(theirs, 'hers'), { pictures: 2 });
  avatars = new AvatarLibrary({ dirs: [theirs, ours], cacheDir });
  await bring('anna');
});
afterAll(async () => {
  await avatars.close();
  rmSync(root, { recursive: true });
});

it('keeps what was not imported here, what is not there, and whoever is the default', async () => {
  await expect(removal().remove('clara')).rejects.toMatchObject({
    kind: 'refused',
    message: expect.stringMatching(/not imported here/),
  });
  await expect(removal().remove('hers')).rejects.toThrow(/hers stays: it was not imported here/);
  for (const id of ['nobody', '../theirs/hers', '.import-1']) {
    await expect(removal().remove(id)).rejects.toMatchObject({ kind: 'not-found' });
  }
  await expect(removal({ defaultAvatar: 'anna' }).remove('anna')).rejects.toThrow(
    /anna stays: it appears where nobody/,
  );
  expect(await ids()).toEqual(['hers', 'anna', 'clara', 'leo', 'maya']);
  expect(['hers', 'anna', 'clara', 'nobody'].filter((id) => removal().isRemovable(id))).toEqual(['anna']);
  expect(removal({ defaultAvatar: 'anna' }).isRemovable('anna')).toBe(false);
});

it('keeps whoever is on stage or in a clip, and deletes them afterwards with what was made of them', async () => {
  const shown = await avatars.open('anna');
  await shown.picture(1);
  await expect(removal().remove('anna')).rejects.toMatchObject({
    kind: 'refused',
    message: expect.stringMatching(/on stage/),
  });
  await shown.picture(0);
  shown.release();
  clips.add('anna');
  await expect(removal().remove('anna')).rejects.toThrow(/a clip of it is being made/);
  clips.clear();
  expect(readdirSync(cacheDir)).toHaveLength(1);
  await removal().remove('anna');
  expect(await ids()).toEqual(['hers', 'clara', 'leo', 'maya']);
  expect([readdirSync(ours), readdirSync(cacheDir)]).toEqual([[], []]);
  await expect(avatars.open('anna')).rejects.toThrow('not found');
  expect(counts()['avatar-decoder'] ?? 0).toBe(0);
});

it('puts them into the trash, where there is one, and another one of the name can come', async () => {
  await bring('bella');
  mkdirSync(join(root, 'trash'));
  const trashed: string[] = [];
  const trash = async (path: string) => {
    trashed.push(path);
    rmSync(path, { recursive: true });
  };
  await removal({ trash }).remove('bella');
  expect(trashed).toEqual([join(ours, 'bella')]);
  await bring('bella');
  const avatar = await avatars.open('bella');
  expect(avatar.pictureCount).toBe(2);
  avatar.release();
  expect(existsSync(join(ours, 'bella'))).toBe(true);
});
