import { say } from '../../../shared/told';
import type { I420Picture } from '../avatar/avatar';
import { type BoxPatch, FaceCompositor, type PreparedFace } from '../composite/patch';
import { FastNetwork } from './fast-network';
import type { Int8Network } from './int8/job';
import type { LipModel } from './model';
import { type FaceKey, type LipNetwork, MEL_VALUES } from './network';
import { chooseKeptBits, openCpuNetwork, openFull, useBits } from './open-network';
import { fastest, type ProviderName, type ProviderTrial, providersToTry } from './providers';
import { differenceOf, drawCheck, timeNetwork } from './trial';

export type MouthMode = 'full' | 'fast' | 'int8';

export interface EngineOptions {
  /** On a CPU; a GPU runs the whole graph. `auto`: fast where the model has it. */
  mode: 'auto' | 'full' | 'fast';
  provider: ProviderName | 'auto';
  /** Pictures per call at most, where so many wait. */
  batchSize: number;
  /** For what is kept of faces by the fast modes. */
  featureBytes: number;
  /** Takes the place of the fast decoder. */
  int8?: Int8Network;
  /** Providers that ended a process before, and how. */
  ruledOut: Partial<Record<ProviderName, string>>;
  /** What the process before this one had found out: lips are waited for, so nothing is tried again. */
  again?: EngineFacts;
}

export interface EngineFacts {
  faceSizePx: number;
  provider: ProviderName;
  /** All that were tried or passed over, the chosen one among them. */
  providers: ProviderTrial[];
  mode: MouthMode;
  /** Why it is not the mode that was asked for, or that is usual. */
  modeReason?: string;
  /** Of a CPU, that share each picture. */
  threads?: number;
  /** How precisely the features of a face are kept. */
  keptBits?: 8 | 16 | 32;
  /** CPU-ms per picture, pixels included, as timed after warm-up. */
  warmPictureMs: number;
  /** Wall clock of the same. */
  pictureMs: number;
}

export interface EngineJob {
  /** The same object for the same face, so that what is known of it is found again. */
  key: FaceKey;
  face: PreparedFace;
  /** 16 frames of 80 bands, band-major. */
  mel: Float32Array;
}

/** `inferMs` and `composeMs` are wall clock: of the network, and of the pixels before and after it. */
export type OnPatch = (job: number, patch: BoxPatch, inferMs: number, composeMs: number) => void;

/** float32 on another device may be TF32 or fp16 inside; a wrong picture is wrong by much more. */
const MOST_DEVICE_DIFFERENCE = 0.05;
const WARM_BOX_PX = 352;

/** A loaded lip network and the pixels around it. One call at a time: buffers are its own, and a patch is valid within `onPatch`. */
export class LipEngine {
  private readonly compositor: FaceCompositor;

  private constructor(
    private readonly network: LipNetwork,
    private facts: EngineFacts,
  ) {
    this.compositor = new FaceCompositor(network.faceSizePx);
  }

  /**
   * @param onTrying told before a provider is tried that might take the process down
   * @throws Error that names the file, when it is no ONNX model or not one of the mouth's contract
   */
  static async load(
    model: LipModel,
    options: EngineOptions,
    onTrying: (provider: ProviderName) => void = () => {},
  ): Promise<LipEngine> {
    const { again } = options;
    const onCpu = !again || again.provider === 'cpu';
    const cpu = onCpu ? await openCpuNetwork(model, options) : undefined;
    if (again) {
      const network = cpu?.network ?? (await openFull(model, again.provider, options));
      if (network instanceof FastNetwork) useBits(network, model, again.keptBits ?? 32);
      return new LipEngine(network, again);
    }
    const { network, mode, modeReason, threads, pictureMs } = cpu!;
    if (network instanceof FastNetwork && mode === 'fast') await chooseKeptBits(network, model);
    const { chosen, trials } = await chooseProvider(network, pictureMs, model, options, onTrying);
    return new LipEngine(chosen, {
      faceSizePx: chosen.faceSizePx,
      provider: trials.find((trial) => trial.chosen)!.name,
      providers: trials,
      mode: chosen === network ? mode : 'full',
      ...(chosen === network && modeReason !== undefined ? { modeReason } : {}),
      ...(chosen === network ? { threads } : {}),
      ...(chosen === network && network instanceof FastNetwork ? { keptBits: network.keptBits } : {}),
      warmPictureMs: 0,
      pictureMs: 0,
    });
  }

  get faceSizePx(): number {
    return this.network.faceSizePx;
  }

  get maxBatch(): number {
    return this.network.maxBatch;
  }

  /** Bytes of features that are kept now. */
  get keptBytes(): number {
    return this.network.keptBytes;
  }

  prepare(face: I420Picture): PreparedFace {
    return this.compositor.prepare(face);
  }

  forget(key: FaceKey): void {
    this.network.forget(key);
  }

  /** @param jobs 1 to `maxBatch`; `onPatch` is called once for each, in their order */
  async infer(jobs: readonly EngineJob[], onPatch: OnPatch): Promise<void> {
    const { network, compositor } = this;
    const plane = network.faceSizePx ** 2;
    const outValues = 3 * (network.faceSizePx - network.firstRow) * network.faceSizePx;
    const started = performance.now();
    for (const [i, { face, mel }] of jobs.entries()) {
      if (mel.length !== MEL_VALUES) throw new RangeError(`mel window of ${mel.length} values`);
      network.mel.set(mel, i * MEL_VALUES);
      compositor.fill(face, network.face, i * 6 * plane);
    }
    const filled = performance.now();
    await network.run(jobs.map(({ key }) => key));
    let before = performance.now();
    const inferMs = (before - filled) / jobs.length;
    const fillMs = (filled - started) / jobs.length;
    for (const [i, { face }] of jobs.entries()) {
      const patch = compositor.compose(face, network.face, i * 6 * plane, network.out, i * outValues, network.firstRow);
      const now = performance.now();
      onPatch(i, patch, inferMs, fillMs + now - before);
      before = now;
    }
  }

  /**
   * Runs until the caches are warm and the code is compiled, and times pictures of a common size. A process that takes another's
   * place does so in less time: somebody is speaking.
   */
  async warmUp({ hurried = false } = {}): Promise<EngineFacts> {
    const data = Uint8Array.from({ length: WARM_BOX_PX * WARM_BOX_PX * 1.5 }, (_, i) => 96 + ((i * 31) & 63));
    // Textured and loud: a grey face in silence would come back unchanged, and the blend would be met cold by the first word.
    const mel = Float32Array.from({ length: MEL_VALUES }, (_, i) => 2 * Math.sin(i / 7));
    const crop = { widthPx: WARM_BOX_PX, heightPx: WARM_BOX_PX, data };
    const key = {};
    let face = this.prepare(crop);
    const limitMs = hurried ? 200 : 1_500;
    const picture = () => this.infer([{ key, face, mel }], () => {});
    await repeat(12, limitMs, async () => {
      face = this.prepare(crop);
      await picture();
    });
    const before = process.cpuUsage();
    const started = performance.now();
    const runs = await repeat(8, limitMs, picture);
    const { user, system } = process.cpuUsage(before);
    this.forget(key);
    this.facts = {
      ...this.facts,
      warmPictureMs: (user + system) / 1_000 / runs,
      pictureMs: (performance.now() - started) / runs,
    };
    return this.facts;
  }

  release(): Promise<void> {
    return this.network.release();
  }
}

/** Once, and again until there were enough or it has taken long enough. @returns how often */
async function repeat(times: number, limitMs: number, run: () => Promise<void>): Promise<number> {
  const started = performance.now();
  let runs = 0;
  do {
    await run();
    runs++;
  } while (runs < times && performance.now() - started < limitMs);
  return runs;
}

/** The CPU's network, or another of the whole graph on whatever draws the same picture faster. The other one is closed. */
async function chooseProvider(
  cpu: LipNetwork,
  cpuPictureMs: number,
  model: LipModel,
  options: EngineOptions,
  onTrying: (provider: ProviderName) => void,
): Promise<{ chosen: LipNetwork; trials: ProviderTrial[] }> {
  const { provider: wanted, ruledOut } = options;
  const { toTry, passedOver } = providersToTry({ wanted, cpuPictureMs, ruledOut });
  const networks = new Map<ProviderName, LipNetwork>([['cpu', cpu]]);
  const trials: ProviderTrial[] = [
    { name: 'cpu', chosen: false, pictureMs: cpuPictureMs, reason: say('mouth.everywhere') },
  ];
  const expected = toTry.length > 0 ? await drawCheck(cpu) : undefined;
  for (const name of toTry) {
    onTrying(name);
    let network: LipNetwork | undefined;
    try {
      network = await openFull(model, name, options);
      const { max } = differenceOf(expected!, await drawCheck(network));
      if (!(max <= MOST_DEVICE_DIFFERENCE)) throw new Error(`its picture differs from the CPU's by ${max.toFixed(3)}`);
      trials.push({ name, chosen: false, pictureMs: (await timeNetwork(network)).wallMs, reason: say('mouth.works') });
      networks.set(name, network);
    } catch (error) {
      trials.push({ name, chosen: false, reason: plainReason(error) });
      await network?.release().catch(() => {});
    }
  }
  const ranked = fastest(trials, wanted);
  const chosen = networks.get(ranked.chosen)!;
  for (const network of networks.values()) if (network !== chosen) await network.release();
  return { chosen, trials: [...ranked.trials, ...passedOver] };
}

/** The first words of an error of ONNX Runtime that mean something to people. */
function plainReason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (/shared library|cannot open shared object/i.test(text)) {
    return 'its libraries are not installed (docs/mouth.md, "An NVIDIA GPU")';
  }
  // "/onnxruntime_src/...cc:136 function condition was false. What it is about"
  const said = text.split(' was false. ').at(-1)!;
  return said.split('\n', 1)[0]!.slice(0, 200);
}
