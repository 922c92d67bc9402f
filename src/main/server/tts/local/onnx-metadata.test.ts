import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { outlineOnnx, temporaryFolder } from '../../../../../testing/voice-folders';
import { onnxMetadata, readOnnxMetadata } from './onnx-metadata';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let file: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  file = join(folder.dir, 'voice.onnx');
});
afterEach(() => folder.remove());

it('finds what was appended, in files of any length', async () => {
  const notes = fc.dictionary(
    fc.string({ unit: 'grapheme', minLength: 1 }),
    fc.string({ unit: 'grapheme', maxLength: 400 }),
  );
  await fc.assert(
    fc.asyncProperty(notes, notes, fc.integer({ min: 130, max: 16_000 }), async (first, second, graphBytes) => {
      await writeFile(file, Buffer.concat([outlineOnnx(first, graphBytes), onnxMetadata(second)]));
      expect(Object.fromEntries(await readOnnxMetadata(file))).toEqual({ ...first, ...second });
    }),
    { numRuns: 40 },
  );
});

it('reads the notes of the lip model that ships, which onnx itself wrote', async () => {
  const shipped = join(import.meta.dirname, '../../../../../models/lip-mini.onnx');
  const copy = Buffer.concat([await readFile(shipped), onnxMetadata({ model_type: 'vits', sample_rate: 22_050 })]);
  await writeFile(file, copy);
  const before = await readOnnxMetadata(shipped);
  const after = await readOnnxMetadata(file);
  expect(after.get('model_type')).toBe('vits');
  expect(after.get('sample_rate')).toBe('22050');
  expect(after.size).toBe(before.size + 2);
});

it('names a file that is cut short at any place behind its head', async () => {
  const whole = outlineOnnx({ model_type: 'vits' });
  for (const length of [11, 50, whole.length - 1]) {
    await writeFile(file, whole.subarray(0, length));
    await expect(readOnnxMetadata(file), `${length} bytes`).rejects.toMatchObject({
      part: 'voice',
      reason: expect.stringMatching(/^voice\.onnx is (cut short|no ONNX model)/),
      remedy: 'Download the voice again.',
    });
  }
});

it.each([
  ['nothing', ''],
  ['a web page', '<!doctype html><html><body>Not found</body></html>'],
  ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 63201294\n'],
])('says that %s is no model', async (_, content) => {
  await writeFile(file, content);
  await expect(readOnnxMetadata(file)).rejects.toThrow(/voice\.onnx is (cut short|no ONNX model)/);
});

it('ends on any bytes whatever, with notes or with a fault', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      await writeFile(file, bytes);
      const outcome = await readOnnxMetadata(file).catch((error) => error.part);
      expect(outcome === 'voice' || outcome instanceof Map).toBe(true);
    }),
    { numRuns: 100 },
  );
});
