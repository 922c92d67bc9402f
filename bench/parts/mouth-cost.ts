import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { I420Picture } from '../../src/main/server/avatar/avatar';
import { AvatarLibrary } from '../../src/main/server/avatar/library';
import { appRoot } from '../../src/main/server/entries';
import { FastNetwork } from '../../src/main/server/mouth/fast-network';
import { facesOf } from '../../src/main/server/mouth/int8/faces';
import type { Int8Network } from '../../src/main/server/mouth/int8/job';
import { LEAST_PSNR_DB } from '../../src/main/server/mouth/int8/limits';
import { quantiseFor } from '../../src/main/server/mouth/int8/make';
import { GridCodec } from '../../src/main/server/mouth/kept-codec';
import { faceSizeOf, openLipSession } from '../../src/main/server/mouth/lip-session';
import { describeConverted, describeModel, type LipModel } from '../../src/main/server/mouth/model';
import { FullNetwork, type LipNetwork } from '../../src/main/server/mouth/network';
import { fastMouthFile } from '../../src/main/server/mouth/open-network';
import { convertCheckpoint } from '../../src/main/server/mouth/weights/convert';
import { checkInputs } from '../../src/main/server/mouth/weights/self-check';
import { LAYOUTS, type Variant } from '../../src/main/server/mouth/weights/wav2lip-layout';
import { saveZip } from '../../testing/torch-checkpoint';
import { FIXTURES_MISSING, type FixtureName, fixtureSpec, fixtureTensors } from '../../testing/wav2lip-fixtures';

/** Of PyTorch's whole graph in the same run; no figure where there is no target. */
const TARGETS: Record<Variant, { full: number; fast: number; int8?: number }> = {
  '96': { full: 0.65, fast: 0.4, int8: 0.15 },
  '256': { full: 0.65, fast: 0.36, int8: 0.15 },
  '384': { full: 0.65, fast: 0.36 },
};
const FIXTURES: readonly [Variant, FixtureName][] = [
  ['96', 'lt96'],
  ['256', 'lt256'],
  ['384', 'zj384'],
];
/** The best of these: what else runs on the machine only ever adds. */
const ROUNDS = 12;
const TORCH_SCRIPT = join(dirname(fileURLToPath(import.meta.url)), 'wav2lip_torch.py');

/**
 * CPU-ms per picture on one thread, network only, of a face that is known: lip-mini and the three Wav2Lip networks, and PyTorch
 * with the same weights where `python3` (or $PYTHON) has torch.
 */
export async function reportMouthCost(variants: readonly string[] = ['96', '256', '384']): Promise<void> {
  console.log('\nCPU-ms per picture, one thread      full     fast     int8  PyTorch');
  const mini = await openFull(describeModel(join(appRoot, 'models', 'lip-mini.onnx')));
  console.log(`lip-mini                     ${figure(await cpuMs(mini))}        -        -        -`);
  await mini.release();
  if (FIXTURES_MISSING) return console.log(`Wav2Lip${FIXTURES_MISSING}`);
  const avatars = new AvatarLibrary();
  const faces = await facesOf(avatars.open('clara'), 6);
  await avatars.close();
  for (const [variant, fixture] of FIXTURES)
    if (variants.includes(variant)) await reportVariant(variant, fixture, faces);
}

async function reportVariant(variant: Variant, fixture: FixtureName, faces: I420Picture[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'herald-bench-'));
  try {
    const checkpoint = join(folder, `${fixture}.pth`);
    saveZip(checkpoint, { tensors: fixtureTensors(fixtureSpec(fixture)), extras: { optimizer: null } });
    const model = describeConverted(await convertCheckpoint(checkpoint, folder));
    const measured = async (network: LipNetwork) => {
      try {
        return await cpuMs(network);
      } finally {
        await network.release();
      }
    };
    const full = await measured(await openFull(model));
    const fast = await measured(await openFast(model));
    const { psnrDb, network } = await quantiseFor({ model, faces, outFile: join(folder, 'int8.onnx') });
    const int8 = await measured(await openFast(model, network));
    const torch = await torchMs(variant, checkpoint, folder);
    const torchText = typeof torch === 'string' ? '       -' : figure(torch.pictureMs);
    console.log(`Wav2Lip ${variant.padEnd(20)} ${figure(full)} ${figure(fast)} ${figure(int8)} ${torchText}`);
    const gate = psnrDb >= LEAST_PSNR_DB ? 'used' : `refused, ${LEAST_PSNR_DB} wanted`;
    console.log(`  int8 against float32: ${psnrDb.toFixed(1)} dB (${gate}; weights are random, not trained)`);
    if (typeof torch === 'string') return console.log(`  PyTorch: ${torch}`);
    const against = (name: 'full' | 'fast' | 'int8', ms: number) => {
      const target = TARGETS[variant][name];
      const ratio = ms / torch.pictureMs;
      const verdict = target === undefined ? '' : ` (target ${target.toFixed(2)}${ratio <= target ? '' : ': NOT MET'})`;
      return `${name} ${ratio.toFixed(2)}${verdict}`;
    };
    console.log(
      `  of PyTorch ${torch.version}: ${against('full', full)}, ${against('fast', fast)}, ${against('int8', int8)}; ` +
        `pictures differ by ${torch.difference.toExponential(1)} at most`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const figure = (ms: number) => ms.toFixed(1).padStart(8);

async function openFull(model: LipModel): Promise<FullNetwork> {
  const session = await openLipSession(model.file);
  const output = model.output ?? 'out';
  return new FullNetwork(session, faceSizeOf(session, model.file, output), output, 1);
}

async function openFast(model: LipModel, int8?: Int8Network): Promise<FastNetwork> {
  const { faceFile, firstRow } = model.fast!;
  const mouthFile = int8?.file ?? fastMouthFile(model.fast!);
  const sessions = { face: await openLipSession(faceFile), mouth: await openLipSession(mouthFile) };
  return new FastNetwork(sessions, model.fast!, 2 * firstRow, 1, {
    featureBytes: 64e6,
    ...(int8 ? { codec: new GridCodec(int8.grids) } : {}),
  });
}

function fill(network: LipNetwork): void {
  const { mel, face } = checkInputs(network.faceSizePx);
  network.mel.set(mel.data as Float32Array);
  network.face.set(face.data as Float32Array);
}

async function cpuMs(network: LipNetwork): Promise<number> {
  const face = {};
  fill(network);
  await network.run([face]);
  await network.run([face]);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    await network.run([face]);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1_000);
  }
  return best;
}

/** @returns why there is no figure instead */
async function torchMs(
  variant: Variant,
  checkpoint: string,
  folder: string,
): Promise<{ version: string; pictureMs: number; difference: number } | string> {
  const layout = LAYOUTS[variant];
  const { mel, face } = checkInputs(layout.faceSizePx);
  const file = (name: string) => join(folder, name);
  const bytes = (data: unknown) => new Uint8Array((data as Float32Array).buffer);
  writeFileSync(file('mel'), bytes(mel.data));
  writeFileSync(file('face'), bytes(face.data));
  const request = { ...layout, mel: file('mel'), face: file('face'), out: file('out'), rounds: ROUNDS };
  const python = process.env.PYTHON ?? 'python3';
  const { code, output, complaint } = await runWithInput(python, [TORCH_SCRIPT, checkpoint], JSON.stringify(request));
  if (code !== 0) return `not measured: ${complaint || `${python} is not there`} ($PYTHON names one that has torch)`;
  const { torch, pictureMs } = JSON.parse(output) as { torch: string; pictureMs: number };
  const drawn = readFileSync(file('out'));
  const expected = new Float32Array(drawn.buffer.slice(drawn.byteOffset, drawn.byteOffset + drawn.length));
  const network = await openFull(describeConverted(await convertCheckpoint(checkpoint, folder)));
  fill(network);
  await network.run([{}]);
  const difference = network.out.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
  await network.release();
  return { version: torch, pictureMs, difference };
}

function runWithInput(command: string, args: string[], input: string) {
  return new Promise<{ code: number | null; output: string; complaint: string }>((done) => {
    const child = spawn(command, args, { stdio: 'pipe', env: { ...process.env, OMP_NUM_THREADS: '1' } });
    let [output, errors] = ['', ''];
    child.stdout.on('data', (text: Buffer) => (output += text));
    child.stderr.on('data', (text: Buffer) => (errors += text));
    child.stdin.on('error', () => {}); // it has ended before it read everything
    child.once('error', (error) => done({ code: null, output, complaint: error.message }));
    child.once('close', (code) => done({ code, output, complaint: errors.trim().split('\n').at(-1) ?? '' }));
    child.stdin.end(input);
  });
}
