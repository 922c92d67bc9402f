import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clipCommand } from './command';
import { makeOutFolder } from './out-folder';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'herald out 🎬 '));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('is made with all above it, by several at once, and left alone where it is there', async () => {
  const dir = join(root, 'a', 'b ü', 'c');
  await Promise.all([makeOutFolder(dir), makeOutFolder(dir), makeOutFolder(join(dir, '..', 'd'))]);
  await makeOutFolder(dir);
  expect([dir, join(dir, '..', 'd')].map((path) => statSync(path).isDirectory())).toEqual([true, true]);
});

it('a file on the way is named', async () => {
  const file = join(root, 'film.mp4');
  writeFileSync(file, '');
  for (const dir of [file, join(file, 'x'), join(file, 'x', 'y')]) {
    await expect(makeOutFolder(dir)).rejects.toMatchObject({
      kind: 'refused',
      message: `the folder ${dir} cannot be made: ${file} is a file. Choose another place.`,
    });
  }
});

it('a link that leads nowhere is no folder', async () => {
  symlinkSync(join(root, 'gone'), join(root, 'link'));
  await expect(makeOutFolder(join(root, 'link', 'x'))).rejects.toMatchObject({ kind: 'refused' });
});

it.runIf(existsSync('/proc/self'))(
  'what no folder can be made in is answered at once, before anything is started',
  async () => {
    await expect(makeOutFolder('/proc/herald/clips')).rejects.toMatchObject({
      kind: 'refused',
      message: 'the folder /proc/herald/clips cannot be made: /proc takes no folders. Choose another place.',
    });
    const said: string[] = [];
    const terminal = {
      print: (text: string) => said.push(text),
      complain: (text: string) => said.push(text),
      readText: async () => '',
    };
    const run = (...argv: string[]) => clipCommand(argv, terminal, new AbortController().signal);
    expect(await run('--text', 'Hello.', '--out', '/proc/herald/clip.mp4', '--data', join(root, 'data'))).toBe(1);
    expect(said).toEqual(['the folder /proc/herald cannot be made: /proc takes no folders. Choose another place.\n']);
  },
);
