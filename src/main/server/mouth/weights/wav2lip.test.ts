import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { thinWav2Lip } from '../../../../../testing/thin-wav2lip';
import { type SavedTensor, saveLegacy, saveZip } from '../../../../../testing/torch-checkpoint';
import {
  differenceFromPyTorch,
  FIXTURES_MISSING,
  fixtureSpec,
  fixtureTensors,
} from '../../../../../testing/wav2lip-fixtures';
import { HeraldError } from '../../errors';
import { runConvertJob } from './convert-job';
import type { ConvertedModel } from './model-info';
import { checkInputs, compareFastWithFull, runOnce } from './self-check';
import { TorchCheckpoint } from './torch-checkpoint';
import { recogniseWav2Lip } from './wav2lip';
import { fullGraph } from './wav2lip-graph';
import type { Variant } from './wav2lip-layout';

const folder = mkdtempSync(join(tmpdir(), 'herald-wav2lip-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

let jobs = 0;
function convert(file: string): Promise<ConvertedModel> {
  return runConvertJob({ file, outDir: at('models'), workDir: at(`models/work-${jobs++}`) }, () => {});
}

async function refusal(tensors: SavedTensor[]): Promise<string> {
  saveZip(at('other.pth'), { tensors });
  const error = await convert(at('other.pth')).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(HeraldError);
  return (error as Error).message;
}

const thin96 = thinWav2Lip('96', 32);
const changed = (name: string, change: (tensor: SavedTensor) => SavedTensor) => {
  const known = thin96.some((tensor) => tensor.name === `module.${name}`);
  if (!known) throw new Error(`the thin network has no ${name}`);
  return thin96.map((tensor) => (tensor.name === `module.${name}` ? change(tensor) : tensor));
};

describe.each(['96', '256', '384'] as Variant[])('a thin network of %s', (variant) => {
  it('is recognised, and its fast graphs draw the lower half exactly', async () => {
    const file = at(`thin-${variant}.pth`);
    saveZip(file, { tensors: thinWav2Lip(variant, 32) });
    const { info, folder: made } = await convert(file);
    expect(info.variant).toBe(variant);
    expect(info.faceSizePx).toBe(Number(variant));
    expect(info.fast?.selfCheck.holds).toBe(true);
    expect(info.fast?.selfCheck.maxDifference).toBeLessThan(1e-5);
    expect(info.fast?.quick.selfCheck.holds).toBe(true); // sums in another order: a thin network evens out less
    // Rows were saved: the largest feature keeps the lower half and one row.
    expect(info.fast?.kept[0]?.shape.slice(1)).toEqual([Number(variant) / 2 + 1, Number(variant)]);

    const { mel, face } = checkInputs(info.faceSizePx);
    const { out } = await runOnce(join(made, 'full.onnx'), { mel, face });
    const picture = out!.data as Float32Array;
    expect(out!.dims).toEqual([1, 3, info.faceSizePx, info.faceSizePx]);
    // A picture, not a colour: else equal halves would show nothing.
    expect(Math.max(...picture.slice(0, 5_000)) - Math.min(...picture.slice(0, 5_000))).toBeGreaterThan(0.01);
  });
});

describe('the self-check', () => {
  it('sees another mouth than the face was cut for', async () => {
    saveZip(at('one.pth'), { tensors: thin96 });
    saveZip(at('two.pth'), {
      tensors: changed('face_decoder_blocks.6.2.conv_block.0.bias', (tensor) => ({
        ...tensor,
        data: () => (tensor.data() as Float32Array).map((value) => value + 0.01),
      })),
    });
    const [one, two] = [await convert(at('one.pth')), await convert(at('two.pth'))];
    mkdirSync(at('mixed'));
    for (const name of ['full.onnx', 'fast-face.onnx']) copyFileSync(join(one.folder, name), at(`mixed/${name}`));
    copyFileSync(join(one.folder, 'fast-mouth.onnx'), at('mixed/fast-mouth.onnx'));
    copyFileSync(join(two.folder, 'fast-mouth-quick.onnx'), at('mixed/fast-mouth-quick.onnx'));
    const [plain, quick] = await compareFastWithFull(at('mixed'), 96);
    expect(plain.holds).toBe(true);
    expect(quick.holds).toBe(false);
    expect(quick.maxDifference).toBeGreaterThan(quick.tolerance);
  });
});

describe('what is no Wav2Lip of a known kind', () => {
  const data = () => new Float32Array(4);

  it('is named', async () => {
    expect(await refusal([{ name: 'a.weight', shape: [4], data }])).toContain('is no Wav2Lip checkpoint');
    const syncNet = ['face_encoder.0.conv_block.0.weight', 'audio_encoder.0.conv_block.0.weight'];
    expect(await refusal(syncNet.map((name) => ({ name, shape: [4], data })))).toContain('SyncNet that judges lips');
  });

  it('is refused by the tensor that is missing, too many, or of another shape', async () => {
    const name = 'face_decoder_blocks.3.1.conv_block.1.running_var';
    expect(await refusal(thin96.filter((tensor) => tensor.name !== `module.${name}`))).toContain(
      `has no tensor ${name}`,
    );
    const extra = { name: 'face_encoder_blocks.0.1.conv_block.0.weight', shape: [4], data };
    expect(await refusal([...thin96, extra])).toContain(`unknown kind: it also has ${extra.name}`);
    const bias = 'audio_encoder.4.conv_block.0.bias';
    const wide = changed(bias, (tensor) => ({ ...tensor, shape: [4], data }));
    expect(await refusal(wide)).toMatch(new RegExp(`unknown kind: ${bias} is \\[4\\], not \\[2\\]`));
  });

  it('is refused for numbers that no training leaves behind', async () => {
    const spoilt = (name: string, bad: number) =>
      changed(name, (tensor) => ({ ...tensor, data: () => (tensor.data() as Float32Array).fill(bad, 0, 1) }));
    expect(await refusal(spoilt('audio_encoder.0.conv_block.0.weight', Number.NaN))).toContain(
      'numbers that cannot be',
    );
    expect(await refusal(spoilt('audio_encoder.0.conv_block.1.running_var', -1))).toContain('numbers that cannot be');
  });

  it('is refused in half precision with how to save it again', async () => {
    const half = thin96.map((tensor) => {
      if (tensor.name.endsWith('tracked')) return tensor;
      return { ...tensor, storageType: 'HalfStorage', data: () => new Uint16Array(tensor.data().length) };
    });
    expect(await refusal(half)).toMatch(/^other.pth holds half precision \(float16\) weights; .*torch.save\(/);
  });

  it('extra tensors that no layer uses are no reason', async () => {
    saveZip(at('extra.pth'), { tensors: [...thin96, { name: 'disc.weight', shape: [4], data }] });
    expect((await convert(at('extra.pth'))).info.variant).toBe('96');
  });
});

// 256 and 384 in e2e/weights.test.ts: they take minutes.
describe.skipIf(FIXTURES_MISSING)(`parity with PyTorch, 96${FIXTURES_MISSING}`, { timeout: 120_000 }, () => {
  it('zip and legacy give the same graph, and it draws what PyTorch draws', async () => {
    const spec = fixtureSpec('lt96');
    saveZip(at('lt96.pth'), { tensors: fixtureTensors(spec) });
    const { info, folder: made } = await convert(at('lt96.pth'));
    expect(info.parameters).toBe(36_298_035); // as published
    expect(info.fast?.selfCheck.holds).toBe(true);
    expect(info.fast?.quick.selfCheck.maxDifference).toBeLessThan(2e-5);
    const { max, mean } = await differenceFromPyTorch('lt96', join(made, 'full.onnx'));
    expect(max).toBeLessThanOrEqual(2e-4);
    expect(mean).toBeLessThanOrEqual(2e-5);

    saveLegacy(at('lt96.pth'), { tensors: fixtureTensors(spec) });
    const checkpoint = await TorchCheckpoint.open(at('lt96.pth'));
    try {
      await fullGraph(checkpoint, recogniseWav2Lip(checkpoint)).write(at('legacy.onnx'));
    } finally {
      await checkpoint.close();
    }
    expect(readFileSync(at('legacy.onnx')).equals(readFileSync(join(made, 'full.onnx')))).toBe(true);
  });
});
