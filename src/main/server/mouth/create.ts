import { join } from 'node:path';
import type { Settings } from '../../../shared/settings';
import { appRoot } from '../entries';
import type { Log } from '../log';
import { BUILT_IN_MODEL, type FoundModel, findModel } from './find-model';
import { MouthHost, type MouthHostOptions } from './host';
import { describeConverted, type LipModel } from './model';
import type { MouthEvent } from './mouth';
import { SwitchableMouth } from './switchable-mouth';
import { convertCheckpoint } from './weights/convert';

export interface MouthParts {
  settings: Pick<Settings, 'model' | 'models' | 'batch_size' | 'precision' | 'provider' | 'feature_cache_mb'>;
  dataDir: string;
  log: Log;
  /** What viewers should know of: mouths that are missing, or there again. */
  onEvent?(event: MouthEvent): void;
  /** Ends a conversion that is under way. */
  signal: AbortSignal;
}

/** Three for each of eight sessions. */
const MAX_IN_FLIGHT = 24;
const PICTURE_MS = 40;
const PROGRESS_STEP = 0.25;

/**
 * The mouth that the settings ask for. lip-mini serves from the first second, because converting an imported model takes
 * seconds to a minute the first time, and a model that cannot be used must not leave the presenter without lips; the imported
 * one takes over when it has loaded.
 */
export function createMouth({ settings, dataDir, log, onEvent, signal }: MouthParts): SwitchableMouth {
  const engine: MouthHostOptions['engine'] = {
    mode: settings.precision === 'full' || settings.precision === 'fast' ? settings.precision : 'auto',
    provider: settings.provider,
    batchSize: settings.batch_size,
    featureBytes: settings.feature_cache_mb * 1024 * 1024,
  };
  const host = (model: Pick<MouthHostOptions, 'model' | 'modelFile'>) =>
    new MouthHost({
      ...model,
      engine,
      maxInFlight: MAX_IN_FLIGHT,
      onEvent: (event) => {
        const level = event.kind === 'failed' ? 'error' : event.kind === 'restarted' ? 'warn' : 'info';
        log[level](event.message);
        onEvent?.(event);
      },
    });
  const mouth = new SwitchableMouth(host({ modelFile: join(appRoot, 'models', `${BUILT_IN_MODEL}.onnx`) }));
  mouth.ready().then(
    () => logReady(mouth, log),
    (error: unknown) => {
      if (!signal.aborted) log.error(`speech will have no lip-sync: ${(error as Error).message}`);
    },
  );
  const outDir = join(dataDir, 'models');
  const found = findModel(settings.model, [...(settings.models ? [settings.models] : []), outDir]);
  if (found.kind === 'built-in') return mouth;
  if (found.kind === 'missing') {
    mouth.standsIn(settings.model, found.message);
    log.warn(`${found.message}. ${BUILT_IN_MODEL} is used.`);
    return mouth;
  }
  mouth.standsIn(settings.model, 'it is being made ready');
  void (async () => {
    try {
      const model = await prepareModel(found, { outDir, log, signal });
      await mouth.change(host({ model }));
      logReady(mouth, log);
    } catch (error) {
      if (signal.aborted) return;
      const why = (error as Error).message;
      mouth.standsIn(settings.model, why);
      log.error(`--model ${settings.model}: ${why} ${BUILT_IN_MODEL} is used.`);
    }
  })();
  return mouth;
}

async function prepareModel(
  found: Extract<FoundModel, { kind: 'file' | 'converted' }>,
  { outDir, log, signal }: { outDir: string; log: Log; signal: AbortSignal },
): Promise<LipModel> {
  if (found.kind === 'converted') return describeConverted(found.model);
  let told = 0;
  const converted = await convertCheckpoint(found.file, outDir, {
    signal,
    onProgress: ({ stage, fraction }) => {
      // A file that was converted before is only read.
      if (stage === 'reading' || fraction - told < PROGRESS_STEP) return;
      told = fraction;
      log.info(`converting ${found.file}: ${stage}, ${Math.round(100 * fraction)} %`);
    },
  });
  return describeConverted(converted);
}

/** Which model runs where, how fast, and why nowhere else. */
function logReady(mouth: SwitchableMouth, log: Log): void {
  const { model, mode, modeReason, provider, providers = [], warmPictureMs, recentPictureMs = 0 } = mouth.status();
  const others = providers.filter(({ chosen }) => !chosen);
  log.info(
    { others: others.map(({ name, reason }) => `${name}: ${reason}`).join('; ') },
    `mouth ready: ${model} (${mode}${modeReason === undefined ? '' : `: ${modeReason}`}) on ${provider}, ` +
      `${warmPictureMs.toFixed(1)} CPU-ms a picture`,
  );
  if (recentPictureMs > PICTURE_MS) {
    log.warn(
      `${model} takes ${Math.round(recentPictureMs)} ms a picture here, and 25 a second leave ${PICTURE_MS}: ` +
        'some pictures will keep the mouth of the one before. A GPU, --precision int8 or smaller weights help.',
    );
  }
}
