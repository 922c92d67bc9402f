import { readdir, readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../../testing/voice-folders';
import { espeakDataDir } from './espeak-data';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

it("unpacks the offline voice's data completely, once", async () => {
  const [dir] = await Promise.all([espeakDataDir(folder.dir), espeakDataDir(folder.dir)]);
  expect(dir).toBe(join(folder.dir, 'espeak-ng-data'));
  const packed = createRequire(import.meta.url).resolve('@echogarden/espeak-ng-emscripten');
  const all = await readFile(join(dirname(packed), 'espeak-ng.data'));
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    entries.filter((e) => e.isFile()).map(async (e) => (await stat(join(e.parentPath, e.name))).size),
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(all.length);
  const english = await readFile(join(dir, 'en_dict'));
  expect(english.length).toBeGreaterThan(100_000);
  expect(all.includes(english)).toBe(true);
  expect((await readFile(join(dir, 'lang', 'gmw', 'en-US'), 'utf8')).startsWith('name English (America)')).toBe(true);

  const { mtimeMs } = await stat(join(dir, 'phontab'));
  expect(await espeakDataDir(folder.dir)).toBe(dir);
  expect((await stat(join(dir, 'phontab'))).mtimeMs).toBe(mtimeMs);
  expect(await readdir(folder.dir)).toEqual(['espeak-ng-data']);
});
