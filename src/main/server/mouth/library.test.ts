import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mouthModel } from '../../../shared/library-protocol';
import { appRoot } from '../entries';
import { builtIn } from './chooser';
import { type FoundModel, findModel } from './find-model';
import { MouthLibrary } from './library';
import { describeModel } from './model';
import { convertCheckpoint } from './weights/convert';

const root = mkdtempSync(join(tmpdir(), 'herald-models-'));
const [modelsDir, otherDir] = [join(root, 'data', 'models'), join(root, 'LiveTalking', 'models')];
const dirs = [otherDir, modelsDir];
let serving: FoundModel = { kind: 'built-in' };
let chosen = 'lip-mini';
const library = new MouthLibrary({ modelsDir, otherDir, serving: () => serving, chosen: () => chosen });
const models = async () => {
  const list = await library.list();
  for (const model of list) mouthModel.parse(model);
  return list;
};
const ids = async () => (await models()).map(({ id }) => id);

beforeAll(async () => {
  for (const dir of [...dirs, join(modelsDir, 'tts')]) mkdirSync(dir, { recursive: true });
  copyFileSync(join(appRoot, 'testing', 'lip-test.onnx'), join(modelsDir, 'mine.onnx'));
  await convertCheckpoint(join(modelsDir, 'mine.onnx'), modelsDir);
  writeFileSync(join(modelsDir, 'wav2lip.pth'), 'ours');
  writeFileSync(join(modelsDir, 'notes.txt'), 'no model');
  writeFileSync(join(modelsDir, '.hidden.pth'), 'no model');
});
afterAll(() => rmSync(root, { recursive: true }));

it('lists the built-in model, files, and what is known of those that were converted', async () => {
  expect(await models()).toEqual([
    expect.objectContaining({ id: 'lip-mini', kind: 'built-in', faceSizePx: 160, inUse: true, removable: false }),
    expect.objectContaining({ id: 'mine', kind: 'onnx', faceSizePx: 32, inUse: false, removable: true }),
    { id: 'wav2lip', name: 'wav2lip', kind: 'checkpoint', bytes: 4, inUse: false, removable: true },
  ]);
  expect(describeModel(builtIn.modelFile).name).toBe('lip-mini');
});

it('gives each an id that the setting takes, also where two folders have one of the name', async () => {
  writeFileSync(join(otherDir, 'wav2lip.pth'), 'theirs');
  writeFileSync(join(modelsDir, 'wav2lip.onnx'), 'another');
  const list = await models();
  for (const { id, removable } of list.slice(1)) {
    const found = findModel(id, dirs);
    expect(found.kind === 'file' && found.file.startsWith(removable ? modelsDir : otherDir), id).toBe(true);
  }
  expect(new Set(list.map(({ id }) => id)).size).toBe(5);
  rmSync(join(modelsDir, 'wav2lip.onnx'));
});

it('deletes no other than imported ones that nobody needs', async () => {
  await expect(library.remove('lip-mini')).rejects.toMatchObject({
    kind: 'refused',
    message: expect.stringMatching(/part of Herald/),
  });
  await expect(library.remove('wav2lip')).rejects.toThrow(/it lies in .*LiveTalking.*delete it there/);
  await expect(library.remove('../../token')).rejects.toMatchObject({ kind: 'not-found' });
  serving = findModel('mine', dirs);
  await expect(library.remove('mine')).rejects.toThrow(/mine stays: it is in use/);
  serving = { kind: 'built-in' };
  chosen = 'mine';
  await expect(library.remove('mine')).rejects.toThrow(/the setting "model" names it/);
  chosen = 'lip-mini';
  // Converted once, under its first name.
  copyFileSync(join(modelsDir, 'mine.onnx'), join(modelsDir, 'twin.onnx'));
  serving = findModel('twin', dirs);
  await expect(library.remove('mine')).rejects.toThrow(/mine stays: twin, which is in use, may be the same/);
  serving = { kind: 'built-in' };
  await library.remove('twin');
  expect(existsSync(join(modelsDir, 'mine.onnx'))).toBe(true);
});

it('deletes a file with what was made of it, and a conversion whose file is gone', async () => {
  await library.remove('mine');
  expect(readdirSync(modelsDir).sort()).toEqual(['.hidden.pth', 'notes.txt', 'tts', 'wav2lip.pth']);
  const elsewhere = join(root, 'elsewhere.onnx');
  copyFileSync(join(appRoot, 'testing', 'lip-test.onnx'), elsewhere);
  await convertCheckpoint(elsewhere, modelsDir);
  expect((await models()).at(-1)).toMatchObject({ id: 'elsewhere', kind: 'onnx', faceSizePx: 32, removable: true });
  serving = findModel('elsewhere', dirs);
  expect((await models()).at(-1)).toMatchObject({ inUse: true });
  serving = { kind: 'built-in' };
  await library.remove('elsewhere');
  expect(await ids()).not.toContain('elsewhere');
});
