import type { EngineOptions, MouthMode } from './engine';
import { FastNetwork } from './fast-network';
import { ChannelCodec, GridCodec } from './kept-codec';
import { faceSizeOf, openLipSession } from './lip-session';
import type { FastGraphs, LipModel } from './model';
import { FullNetwork, type LipNetwork } from './network';
import type { ProviderName } from './providers';
import { threadsFor } from './threads';
import { differenceOf, drawCheck, timeNetwork } from './trial';

/** Larger batches buy nothing on a CPU, and every picture of one waits for the last. */
const MAX_BATCH = 4;
/**
 * A quarter of the least step of an 8-bit picture. Features that are kept in 8 bits must draw the same picture as those that
 * are kept whole, on the check's inputs; else they are kept in 16.
 */
const MOST_KEPT_DIFFERENCE = 0.25 / 255;

const batchOf = ({ batchSize }: EngineOptions) => Math.max(1, Math.min(MAX_BATCH, batchSize));

export async function openFull(
  model: LipModel,
  provider: ProviderName,
  options: EngineOptions,
  threads = 1,
): Promise<FullNetwork> {
  const session = await openLipSession(model.file, provider, threads);
  try {
    const output = model.output ?? 'out';
    return new FullNetwork(session, faceSizeOf(session, model.file, output), output, batchOf(options));
  } catch (error) {
    await session.release();
    throw error;
  }
}

/**
 * The mouth's graph for a CPU. The quick form was measured on x64, where ONNX Runtime keeps channels in blocks; it may do
 * without them elsewhere, and then the plain form is the quicker one.
 */
export const fastMouthFile = ({ mouthFile, quickFile }: FastGraphs, arch: string = process.arch): string =>
  arch === 'x64' ? (quickFile ?? mouthFile) : mouthFile;

export interface CpuNetwork {
  network: LipNetwork;
  mode: MouthMode;
  modeReason?: string;
  threads: number;
  /** Wall clock of a picture of a known face. */
  pictureMs: number;
}

/**
 * On as many threads as it needs, by the time of one. Whether they help is not asked of a clock: a machine that is busy for a
 * moment would answer no for hours.
 */
export async function openCpuNetwork(model: LipModel, options: EngineOptions): Promise<CpuNetwork> {
  const { again } = options;
  if (again) return { ...(await openWith(model, options, again.threads ?? 1)), pictureMs: again.pictureMs };
  const one = await timed(1);
  const threads = threadsFor(one.cpuMs);
  if (threads === 1) return one;
  // One after the other: the largest weights would not fit into memory twice everywhere.
  await one.network.release();
  return timed(threads);

  async function timed(threads: number): Promise<CpuNetwork & { cpuMs: number }> {
    const opened = await openWith(model, options, threads);
    const { wallMs, cpuMs } = await timeNetwork(opened.network);
    return { ...opened, pictureMs: wallMs, cpuMs };
  }
}

async function openWith(
  model: LipModel,
  options: EngineOptions,
  threads: number,
): Promise<Omit<CpuNetwork, 'pictureMs'>> {
  const { mode, int8 } = options;
  if (mode === 'full' || !model.fast) {
    const modeReason = mode === 'full' ? undefined : model.withoutFast;
    return {
      network: await openFull(model, 'cpu', options, threads),
      mode: 'full',
      threads,
      ...(modeReason === undefined ? {} : { modeReason }),
    };
  }
  const face = await openLipSession(model.fast.faceFile, 'cpu', threads);
  const mouthFile = int8?.file ?? fastMouthFile(model.fast);
  const mouth = await openLipSession(mouthFile, 'cpu', threads).catch(async (error: unknown) => {
    await face.release();
    throw error;
  });
  const input = face.inputMetadata.find(({ name }) => name === 'face');
  const size = input?.isTensor ? Number(input.shape[3]) : 0;
  const network = new FastNetwork({ face, mouth }, model.fast, size, batchOf(options), {
    featureBytes: options.featureBytes,
    ...(int8 ? { codec: new GridCodec(int8.grids) } : {}),
  });
  return { network, mode: int8 ? 'int8' : 'fast', threads };
}

export function useBits(network: FastNetwork, { fast }: LipModel, bits: 8 | 16 | 32): void {
  if (network.keptBits !== bits && bits !== 32) network.useCodec(new ChannelCodec(bits, fast!.kept));
}

/** The smallest grid on which the check's picture does not change. */
export async function chooseKeptBits(network: FastNetwork, model: LipModel): Promise<void> {
  const exact = await drawCheck(network);
  for (const bits of [8, 16] as const) {
    useBits(network, model, bits);
    if (differenceOf(exact, await drawCheck(network)).max <= MOST_KEPT_DIFFERENCE) return;
  }
}
