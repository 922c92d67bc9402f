import { listSupportedBackends } from 'onnxruntime-node';
import { say } from '../../../shared/told';

/** Execution providers by ONNX Runtime's own names; `dml` is DirectML. */
export const PROVIDER_NAMES = ['cpu', 'cuda', 'tensorrt', 'dml', 'coreml', 'webgpu'] as const;
export type ProviderName = (typeof PROVIDER_NAMES)[number];

/** What became of a provider: shown by /api/health. */
export interface ProviderTrial {
  name: ProviderName;
  chosen: boolean;
  /** Wall clock of one picture, where it ran. */
  pictureMs?: number;
  reason: string;
}

/**
 * Half of a picture's time. A GPU is worth its start-up time and its memory only where a processor core has real work with the
 * network.
 */
const CPU_IS_ENOUGH_MS = 20;

/** In the order in which they are tried. */
const GPUS: readonly ProviderName[] = ['cuda', 'dml', 'coreml', 'webgpu', 'tensorrt'];

export interface ProviderChoice {
  wanted: ProviderName | 'auto';
  /** Wall clock of a picture on the CPU, in the mode that is used there. */
  cpuPictureMs: number;
  /** Providers that ended a process before, and how. */
  ruledOut: Readonly<Partial<Record<ProviderName, string>>>;
  /** What this build of ONNX Runtime knows: it takes other names silently, and runs on the CPU. */
  known?: readonly string[];
}

/** Which providers to try besides the CPU, and why not the others. */
export function providersToTry({
  wanted,
  cpuPictureMs,
  ruledOut,
  known = listSupportedBackends().map(({ name }) => name),
}: ProviderChoice): { toTry: ProviderName[]; passedOver: ProviderTrial[] } {
  const toTry: ProviderName[] = [];
  const passedOver: ProviderTrial[] = [];
  for (const name of GPUS) {
    const reason = whyNot(name);
    if (reason === undefined) toTry.push(name);
    else passedOver.push({ name, chosen: false, reason });
  }
  return { toTry, passedOver };

  function whyNot(name: ProviderName): string | undefined {
    if (wanted !== 'auto' && wanted !== name) return say('mouth.asked', { provider: wanted });
    if (!known.includes(name)) return say('mouth.notBuilt');
    if (ruledOut[name] !== undefined) return say('mouth.fatal', { why: ruledOut[name] });
    if (wanted === name) return undefined;
    if (cpuPictureMs <= CPU_IS_ENOUGH_MS) return say('mouth.cpuDoes', { ms: cpuPictureMs.toFixed(1) });
    // Its engine is built for minutes at every start; whoever wants that says so.
    return name === 'tensorrt' ? say('mouth.onRequest', { provider: name }) : undefined;
  }
}

/** The fastest one that works; a provider that was asked for by name is taken when it works at all. */
export function fastest(
  trials: readonly ProviderTrial[],
  wanted: ProviderName | 'auto',
): { chosen: ProviderName; trials: ProviderTrial[] } {
  const working = trials.filter((trial) => trial.pictureMs !== undefined);
  const best =
    working.find(({ name }) => name === wanted) ?? working.sort((a, b) => a.pictureMs! - b.pictureMs!)[0] ?? trials[0]!;
  return {
    chosen: best.name,
    trials: trials.map((trial) => {
      if (trial.name === best.name) return { ...trial, chosen: true };
      if (trial.pictureMs === undefined || trial.name === wanted) return trial;
      const why =
        best.name === wanted ? say('mouth.asked', { provider: wanted }) : say('mouth.slower', { provider: best.name });
      return { ...trial, reason: why };
    }),
  };
}
