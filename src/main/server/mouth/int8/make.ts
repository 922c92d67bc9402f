import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { FaceCompositor } from '../../composite/patch';
import { MEL_BANDS, MEL_WINDOW_FRAMES } from '../../features/mel';
import { FastNetwork } from '../fast-network';
import { GridCodec } from '../kept-codec';
import { openLipSession } from '../lip-session';
import type { FastGraphs } from '../model';
import type { LipNetwork } from '../network';
import { differenceOf } from '../trial';
import { calibrate, type Sample } from './calibrate';
import { readGraph, writeGraph } from './graph';
import type { Int8Job, Int8Network, Int8Verdict } from './job';
import { LEAST_PSNR_DB } from './limits';
import { withoutDoublingLayers } from './pixel-shuffle';
import { gridOf, quantiseGraph } from './quantise';
import { speechWindows } from './speech-sounds';

const CALIBRATION_SAMPLES = 24;
const JUDGED_SAMPLES = 12;

/**
 * Makes the int8 decoder of a model for an avatar, and keeps it where it is close enough to float32. Blocks its process for
 * seconds.
 * @throws Error when the model has no fast graphs
 */
export async function makeInt8(job: Int8Job): Promise<Int8Verdict> {
  const workFile = `${job.outFile}.${process.pid}.tmp`;
  try {
    const { psnrDb, network } = await quantiseFor({ ...job, outFile: workFile });
    if (!(psnrDb >= LEAST_PSNR_DB)) return { psnrDb };
    await rename(workFile, job.outFile);
    return { psnrDb, network: { ...network, file: job.outFile } };
  } finally {
    await rm(workFile, { force: true });
  }
}

/**
 * The int8 decoder, good or not: ranges from the avatar's own faces and the sounds of speech, then compared with float32 on
 * pairs of face and sound that were not used for it.
 */
export async function quantiseFor({ model, faces, outFile }: Int8Job): Promise<Required<Int8Verdict>> {
  const { fast } = model;
  if (!fast) throw new Error(`${model.name} cannot be run in int8: ${model.withoutFast ?? 'it has no fast graphs'}`);
  if (faces.length === 0) throw new RangeError('no faces to calibrate with');
  const face = await openLipSession(fast.faceFile);
  try {
    const size = Number(faceShape(face)[3]);
    const inputs = prepareFaces(faces, size);
    const windows = speechWindows(model.windowStartMs);
    const pick = (count: number, offset: number) =>
      Array.from({ length: count }, (_, i) => ({
        face: inputs[(i + offset) % inputs.length]!,
        mel: windows[(Math.floor((i * windows.length) / count) + 3 * offset) % windows.length]!,
      }));
    const graph = withoutDoublingLayers(readGraph(await readFile(fast.mouthFile)));
    const samples: Sample[] = [];
    for (const pair of pick(CALIBRATION_SAMPLES, 0)) samples.push(await sampleOf(face, size, fast, pair));
    const ranges = await calibrate(graph, samples);
    const names = fast.kept.map(({ name }) => name);
    const network = { file: outFile, grids: names.map((name) => gridOf(ranges.get(name)!)) };
    await writeFile(outFile, writeGraph(quantiseGraph(graph, ranges, new Set(names))));
    return { psnrDb: await judge(fast, size, network, pick(JUDGED_SAMPLES, 1)), network };
  } finally {
    await face.release();
  }
}

interface Pair {
  face: Float32Array;
  mel: Float32Array;
}

function faceShape(session: InferenceSession): readonly (number | string)[] {
  const input = session.inputMetadata.find(({ name }) => name === 'face');
  if (!input?.isTensor) throw new Error('the face graph has no face');
  return input.shape;
}

/** Each crop as the network takes it: [6, S, S]. */
function prepareFaces(faces: Int8Job['faces'], size: number): Float32Array[] {
  const compositor = new FaceCompositor(size);
  return faces.map((crop) => {
    const tensor = new Float32Array(6 * size * size);
    compositor.fill(compositor.prepare(crop), tensor, 0);
    return tensor;
  });
}

async function sampleOf(
  session: InferenceSession,
  size: number,
  { kept }: FastGraphs,
  { face, mel }: Pair,
): Promise<Sample> {
  const features = await session.run({ face: new Tensor('float32', face, [1, 6, size, size]) });
  const sample: Record<string, Sample[string]> = {
    mel: { data: mel, shape: [1, 1, MEL_BANDS, MEL_WINDOW_FRAMES] },
  };
  for (const { name, shape } of kept)
    sample[name] = { data: features[name]!.data as Float32Array, shape: [1, ...shape] };
  return sample;
}

/** PSNR, dB, of the int8 network's lower halves against the float one's, over all pairs together. */
async function judge(fast: FastGraphs, size: number, int8: Int8Network, pairs: readonly Pair[]): Promise<number> {
  const open = async (mouthFile: string, codec?: GridCodec) =>
    new FastNetwork(
      { face: await openLipSession(fast.faceFile), mouth: await openLipSession(mouthFile) },
      fast,
      size,
      1,
      {
        featureBytes: 0,
        ...(codec ? { codec } : {}),
      },
    );
  const draw = async (network: LipNetwork) => {
    try {
      const pictures: Float32Array[] = [];
      for (const { face, mel } of pairs) {
        network.face.set(face);
        network.mel.set(mel);
        await network.run([face]);
        pictures.push(network.out.slice());
      }
      return pictures;
    } finally {
      await network.release();
    }
  };
  const exact = await draw(await open(fast.mouthFile));
  const drawn = await draw(await open(int8.file, new GridCodec(int8.grids)));
  const squares = exact.reduce((sum, picture, i) => sum + 10 ** (-differenceOf(picture, drawn[i]!).psnrDb / 10), 0);
  return -10 * Math.log10(squares / pairs.length);
}
