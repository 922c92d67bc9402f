import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeEach, expect, it } from 'vitest';
import type { ImportKind } from '../../../shared/library-protocol';
import { Inbox } from './inbox';
import { checkRoom, SPARE_BYTES, storeProblem } from './room';

const root = mkdtempSync(join(tmpdir(), 'herald-inbox-'));
afterAll(() => rmSync(root, { recursive: true }));
let number = 0;
let dir: string;
beforeEach(() => (dir = join(root, String(++number))));

const stop = new AbortController();
const inbox = (kind: ImportKind, bounds = { maxFiles: 5, maxBytes: 1_000 }) =>
  new Inbox(kind, dir, stop.signal, bounds);
const file = (bytes: number) => Readable.from([Buffer.alloc(bytes, 7)]);

it('keeps the parts of an avatar, and reads and drops the rest', async () => {
  const taken = inbox('avatar');
  await taken.add('clara/full_imgs/0.png', file(300));
  await taken.add('clara/latents.pt', file(200));
  await taken.add('clara/coords.pkl', file(10));
  expect([taken.bytes, taken.foundName]).toEqual([510, 'clara']);
  expect(taken.done()).toEqual({ kind: 'avatar', form: 'folder', dir: join(dir, 'avatar'), foundName: 'clara' });
  expect(readdirSync(join(dir, 'avatar')).sort()).toEqual(['coords.pkl', 'full_imgs']);
  expect(readFileSync(join(dir, 'avatar', 'full_imgs', '0.png'))).toEqual(Buffer.alloc(300, 7));
});

it('ends with one file too many, or one byte, dropped files included', async () => {
  const many = inbox('avatar');
  for (let i = 0; i < 5; i++) await many.add(`full_imgs/${i}.png`, file(1));
  await expect(many.add('full_imgs/5.png', file(1))).rejects.toMatchObject({ kind: 'too-large' });
  const large = inbox('avatar');
  await large.add('b/notes.txt', file(900));
  await expect(large.add('b/more.txt', file(101))).rejects.toMatchObject({ kind: 'too-large' });
  await expect(inbox('weights').add('x.pth', file(1_001))).rejects.toThrow('x.pth: more than 0 MB');
});

it('says what was not there', () => {
  expect(() => inbox('avatar').done()).toThrow('files: missing; send an avatar folder');
  expect(() => inbox('weights').done()).toThrow('files: missing; send one .pth');
});

it('keeps room for others, and says when there is none', async () => {
  await checkRoom(dir, 0);
  expect(existsSync(dir)).toBe(true);
  await expect(checkRoom(dir, 1e15)).rejects.toThrow(`it takes 1000000000 MB`);
  await expect(checkRoom(dir, 1e15)).rejects.toMatchObject({ kind: 'refused' });
  expect(SPARE_BYTES).toBeGreaterThan(1e8);
  expect(storeProblem(Object.assign(new Error('x'), { code: 'ENOSPC' }))).toMatchObject({
    message: expect.stringMatching('disk is full'),
  });
});

it('stops with whoever stops it', async () => {
  const waiting = inbox('avatar').add('full_imgs/0.png', new Readable({ read() {} }));
  stop.abort(new Error('called off'));
  await expect(waiting).rejects.toThrow('called off');
});
