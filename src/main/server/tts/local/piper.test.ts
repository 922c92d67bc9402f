import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { outlineOnnx, piperSettings, temporaryFolder, writeFiles } from '../../../../../testing/voice-folders';
import { readOnnxMetadata } from './onnx-metadata';
import { preparePiper, readPiperSettings } from './piper';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let onnx: string;
let cache: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  const dir = await writeFiles(join(folder.dir, 'joe'), { 'v.onnx': outlineOnnx(), 'v.onnx.json': piperSettings() });
  onnx = join(dir, 'v.onnx');
  cache = join(folder.dir, 'cache');
});
afterEach(() => folder.remove());

const settings = () => readPiperSettings(`${onnx}.json`);

it('appends what sherpa-onnx looks for, and leaves the download as it is', async () => {
  const before = await readFile(onnx);
  const { model, tokens } = await preparePiper(onnx, await settings(), cache);
  expect(await readFile(onnx)).toEqual(before);
  expect((await readFile(model)).subarray(0, before.length)).toEqual(before);
  expect(Object.fromEntries(await readOnnxMetadata(model))).toEqual({
    model_type: 'vits',
    comment: 'piper',
    language: 'en-US',
    voice: 'en-us',
    has_espeak: '1',
    n_speakers: '1',
    sample_rate: '22050',
  });
  // One phoneme a line; the line break that Piper lists could not stand in it.
  expect(await readFile(tokens, 'utf8')).toBe('_ 0\n^ 1\n  3\nə 59\n');
});

it('does it once, also when asked twice at the same time, and anew for another download', async () => {
  const [one, two] = await Promise.all([
    preparePiper(onnx, await settings(), cache),
    preparePiper(onnx, await settings(), cache),
  ]);
  expect(two).toEqual(one);
  const { mtimeMs } = await stat(one.model);
  await preparePiper(onnx, await settings(), cache);
  expect((await stat(one.model)).mtimeMs).toBe(mtimeMs);
  expect(await readdir(cache)).toHaveLength(1);

  // Another voice of a name that begins like this one's, and of the same size and time.
  await writeFiles(join(cache, 'joe-high-8n-mwrs34hn'), { 'model.onnx': 'kept' });
  await writeFile(onnx, outlineOnnx({}, 900));
  const other = await preparePiper(onnx, await settings(), cache);
  expect(other.model).not.toBe(one.model);
  expect((await readdir(cache)).sort()).toEqual([basename(dirname(other.model)), 'joe-high-8n-mwrs34hn'].sort());
});

it('says what to do when the cache cannot be written', async () => {
  await writeFile(cache, 'a file where a folder should be');
  await expect(preparePiper(onnx, await settings(), join(cache, 'piper'))).rejects.toMatchObject({
    reason: expect.stringContaining('the voice joe could not be made ready'),
    remedy: 'Make room for 1 MB there, and check that it can be written.',
  });
});
