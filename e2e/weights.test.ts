import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { convertCheckpoint } from '../src/main/server/mouth/weights/convert';
import { TorchCheckpoint } from '../src/main/server/mouth/weights/torch-checkpoint';
import { recogniseWav2Lip } from '../src/main/server/mouth/weights/wav2lip';
import { fullGraph } from '../src/main/server/mouth/weights/wav2lip-graph';
import { saveLegacy, saveZip } from '../testing/torch-checkpoint';
import {
  differenceFromPyTorch,
  FIXTURE_NAMES,
  FIXTURES_MISSING,
  type FixtureSpec,
  fixtureSpec,
  fixtureTensors,
} from '../testing/wav2lip-fixtures';

/** Checkpoints of full size, 145 to 690 MB, made here from their specs and removed again. */
const folder = mkdtempSync(join(tmpdir(), 'herald-weights-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const EXTRAS = { optimizer: null, global_step: 250_000, global_epoch: 42 };
const PARAMETERS = { lt96: 36_298_035, lt256: 53_605_683, zj384: 170_564_229 };

/** Every tensor is as in the spec; the graph's bytes are told by their hash. */
async function readAndDraw(file: string, spec: FixtureSpec): Promise<string> {
  const checkpoint = await TorchCheckpoint.open(file);
  const graphFile = `${file}.onnx`;
  try {
    expect([...checkpoint.tensors.keys()]).toEqual(spec.entries.map(({ name }) => name.replace('module.', '')));
    const tensors = createHash('sha256');
    for (const { name, dtype } of spec.entries) {
      if (dtype !== 'float32') continue;
      tensors.update(new Uint8Array((await checkpoint.readFloat32(name.replace('module.', ''))).buffer));
    }
    expect(tensors.digest('hex')).toBe(spec.sha256_float32);
    await fullGraph(checkpoint, recogniseWav2Lip(checkpoint)).write(graphFile);
    return await sha256(graphFile);
  } finally {
    await checkpoint.close();
    rmSync(graphFile, { force: true });
  }
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
  return hash.digest('hex');
}

describe.skipIf(FIXTURES_MISSING)(`Wav2Lip checkpoints of full size${FIXTURES_MISSING}`, { timeout: 600_000 }, () => {
  it.each(FIXTURE_NAMES)('%s: zip and legacy are read bit by bit, and draw what PyTorch draws', async (name) => {
    const spec = fixtureSpec(name);
    const file = join(folder, 'wav2lip.pth');
    saveLegacy(file, { tensors: fixtureTensors(spec), extras: EXTRAS });
    const fromLegacy = await readAndDraw(file, spec);
    saveZip(file, { tensors: fixtureTensors(spec), extras: EXTRAS });
    expect(await readAndDraw(file, spec)).toBe(fromLegacy);

    const { info, folder: made } = await convertCheckpoint(file, join(folder, 'models'));
    rmSync(file);
    expect(info).toMatchObject({ faceSizePx: spec.image_size, parameters: PARAMETERS[name] });
    expect(info.fast?.selfCheck).toMatchObject({ holds: true });
    expect(await sha256(join(made, 'full.onnx'))).toBe(fromLegacy);
    const { max, mean } = await differenceFromPyTorch(name, join(made, 'full.onnx'));
    expect(max).toBeLessThanOrEqual(2e-4);
    expect(mean).toBeLessThanOrEqual(2e-5);
    rmSync(made, { recursive: true });
  });
});
