import type { EngineOptions, MouthMode } from './engine';
import { FastNetwork } from './fast-network';
import { ChannelCodec, GridCodec } from './kept-codec';
import { faceSizeOf, openLipSession } from './lip-session';
import type { LipModel } from './model';
import { FullNetwork, type LipNetwork } from './network';
import type { ProviderName } from './providers';
import { differenceOf, drawCheck } from './trial';

/** Larger batches buy nothing on a CPU, and every picture of one waits for the last. */
const MAX_BATCH = 4;
/**
 * A quarter of the least step of an 8-bit picture. Features that are kept in 8 bits must draw the same picture as those that
 * are kept whole, on the check's inputs; else they are kept in 16.
 */
const MOST_KEPT_DIFFERENCE = 0.25 / 255;

const batchOf = ({ batchSize }: EngineOptions) => Math.max(1, Math.min(MAX_BATCH, batchSize));

export async function openFull(model: LipModel, provider: ProviderName, options: EngineOptions): Promise<FullNetwork> {
  const session = await openLipSession(model.file, provider);
  try {
    const output = model.output ?? 'out';
    return new FullNetwork(session, faceSizeOf(session, model.file, output), output, batchOf(options));
  } catch (error) {
    await session.release();
    throw error;
  }
}

export interface CpuNetwork {
  network: LipNetwork;
  mode: MouthMode;
  modeReason?: string;
}

export async function openCpuNetwork(model: LipModel, options: EngineOptions): Promise<CpuNetwork> {
  const { mode, int8 } = options;
  if (mode === 'full' || !model.fast) {
    const modeReason = mode === 'full' ? undefined : model.withoutFast;
    return {
      network: await openFull(model, 'cpu', options),
      mode: 'full',
      ...(modeReason === undefined ? {} : { modeReason }),
    };
  }
  const { faceFile, mouthFile } = model.fast;
  const face = await openLipSession(faceFile);
  const mouth = await openLipSession(int8?.file ?? mouthFile).catch(async (error: unknown) => {
    await face.release();
    throw error;
  });
  const input = face.inputMetadata.find(({ name }) => name === 'face');
  const size = input?.isTensor ? Number(input.shape[3]) : 0;
  const network = new FastNetwork({ face, mouth }, model.fast, size, batchOf(options), {
    featureBytes: options.featureBytes,
    ...(int8 ? { codec: new GridCodec(int8.grids) } : {}),
  });
  return { network, mode: int8 ? 'int8' : 'fast' };
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
