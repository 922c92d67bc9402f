import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findModel } from './find-model';
import { MODEL_INFO_VERSION } from './weights/model-info';

const root = mkdtempSync(join(tmpdir(), 'herald-find-'));
afterAll(() => rmSync(root, { recursive: true }));
const [theirs, ours] = [join(root, 'LiveTalking', 'models'), join(root, 'data', 'models')];
for (const dir of [theirs, ours]) mkdirSync(dir, { recursive: true });
const put = (...path: string[]) => {
  const file = join(...path);
  writeFileSync(file, 'x');
  return file;
};

describe('findModel', () => {
  it('knows the built-in one and a path', () => {
    expect(findModel('lip-mini', [ours])).toEqual({ kind: 'built-in' });
    const file = put(root, 'somewhere.pth');
    expect(findModel(file, [ours])).toEqual({ kind: 'file', file });
    expect(findModel(join(root, 'none.pth'), [ours])).toMatchObject({
      kind: 'missing',
      message: expect.stringContaining('Check the path'),
    });
  });

  it('finds wav2lip.pth by the name that start scripts pass, --models first', () => {
    expect(findModel('wav2lip', [theirs, ours])).toMatchObject({
      kind: 'missing',
      message: `--model wav2lip: there is no wav2lip.pth or wav2lip.onnx in ${theirs} or ${ours}. Put it there, or name its folder with --models`,
    });
    const file = put(ours, 'wav2lip.pth');
    expect(findModel('wav2lip', [theirs, ours])).toEqual({ kind: 'file', file });
    const first = put(theirs, 'wav2lip.pth');
    expect(findModel('wav2lip', [theirs, ours])).toEqual({ kind: 'file', file: first });
    expect(findModel('wav2lip.pth', [theirs, ours])).toEqual({ kind: 'file', file: first });
    const onnx = put(ours, 'other.onnx');
    expect(findModel('other', [join(root, 'not here'), ours])).toEqual({ kind: 'file', file: onnx });
  });

  it('finds what was converted before by its name or its folder, when the checkpoint is gone', () => {
    const folder = join(ours, '0123456789abcdef');
    mkdirSync(folder);
    put(folder, 'full.onnx');
    const info = {
      version: MODEL_INFO_VERSION,
      variant: '256',
      faceSizePx: 256,
      parameters: 1,
      windowStartMs: -37.5,
      source: { name: 'best.pth', sha256: '0'.repeat(64), sizeBytes: 1 },
      full: { file: 'full.onnx', sizeBytes: 1, output: 'out' },
      fast: null,
    };
    writeFileSync(join(folder, 'model.json'), JSON.stringify(info));
    for (const name of ['best', 'best.pth', '0123456789abcdef']) {
      expect(findModel(name, [theirs, ours])).toMatchObject({ kind: 'converted', model: { folder } });
    }
    rmSync(join(folder, 'full.onnx')); // no longer whole
    expect(findModel('best', [theirs, ours]).kind).toBe('missing');
  });
});
