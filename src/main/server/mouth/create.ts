import { join } from 'node:path';
import type { Settings } from '../../../shared/settings';
import type { I420Picture } from '../avatar/avatar';
import { filesRoot } from '../entries';
import type { Log } from '../log';
import { BUILT_IN_MODEL, type FoundModel, findModel } from './find-model';
import { MouthHost, type MouthHostOptions } from './host';
import type { Int8Network } from './int8/job';
import { LEAST_PSNR_DB } from './int8/limits';
import { CALIBRATION_FACES, int8For } from './int8/run';
import { describeConverted, type LipModel } from './model';
import type { MouthEvent } from './mouth';
import { SwitchableMouth } from './switchable-mouth';
import { convertCheckpoint } from './weights/convert';

export interface MouthParts {
  settings: Pick<Settings, 'model' | 'models' | 'batch_size' | 'precision' | 'provider' | 'feature_cache_mb'>;
  dataDir: string;
  log: Log;
  /** Crops of the faces of the avatar that is shown first, for int8. */
  avatarFaces(count: number): Promise<I420Picture[]>;
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
export function createMouth(parts: MouthParts): SwitchableMouth {
  const { settings, dataDir, log, onEvent, signal } = parts;
  const engine: MouthHostOptions['engine'] = {
    mode: settings.precision === 'full' || settings.precision === 'fast' ? settings.precision : 'auto',
    provider: settings.provider,
    batchSize: settings.batch_size,
    featureBytes: settings.feature_cache_mb * 1024 * 1024,
  };
  const host = (model: Pick<MouthHostOptions, 'model' | 'modelFile'>, int8?: Int8Network) =>
    new MouthHost({
      ...model,
      engine: { ...engine, ...(int8 ? { int8 } : {}) },
      maxInFlight: MAX_IN_FLIGHT,
      onEvent: (event) => {
        const level = event.kind === 'failed' ? 'error' : event.kind === 'restarted' ? 'warn' : 'info';
        log[level](event.message);
        onEvent?.(event);
      },
    });
  const mouth = new SwitchableMouth(host({ modelFile: join(filesRoot, 'models', `${BUILT_IN_MODEL}.onnx`) }));
  mouth.ready().then(
    () => logReady(mouth, log),
    (error: unknown) => {
      if (!signal.aborted) log.error(`speech will have no lip-sync: ${(error as Error).message}`);
    },
  );
  const outDir = join(dataDir, 'models');
  const found = findModel(settings.model, [...(settings.models ? [settings.models] : []), outDir]);
  if (found.kind === 'built-in') {
    if (settings.precision === 'int8') log.info(`${BUILT_IN_MODEL} has no int8 form and needs none.`);
    return mouth;
  }
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
      if (settings.precision === 'int8') await useInt8(model);
    } catch (error) {
      if (signal.aborted) return;
      const why = (error as Error).message;
      mouth.standsIn(settings.model, why);
      log.error(`--model ${settings.model}: ${why} ${BUILT_IN_MODEL} is used.`);
    }
  })();
  return mouth;

  /** Float32 serves while the int8 network is made, and goes on when it is not good enough. */
  async function useInt8(model: LipModel): Promise<void> {
    const { provider } = mouth.status();
    if (provider !== 'cpu') return log.info(`--precision int8 is for the CPU; ${provider} runs the whole graph`);
    try {
      const { psnrDb, network } = await int8For(model, await parts.avatarFaces(CALIBRATION_FACES), { signal });
      const figure = `${psnrDb.toFixed(1)} dB against float32`;
      if (!network) {
        return log.warn(`int8 is refused: ${figure}, at least ${LEAST_PSNR_DB} dB are wanted. float32 is used.`);
      }
      await mouth.change(host({ model }, network));
      log.info(`int8: ${figure}`);
      logReady(mouth, log);
    } catch (error) {
      if (!signal.aborted) log.warn(`int8 is not used: ${(error as Error).message} float32 is used.`);
    }
  }
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
  const status = mouth.status();
  const { model, mode, modeReason, provider, providers = [], threads, warmPictureMs, recentPictureMs = 0 } = status;
  const others = providers.filter(({ chosen }) => !chosen);
  log.info(
    { others: others.map(({ name, reason }) => `${name}: ${reason}`).join('; ') },
    `mouth ready: ${model} (${mode}${modeReason === undefined ? '' : `: ${modeReason}`}) on ${provider}` +
      `${threads === undefined ? '' : `, ${threads} ${threads === 1 ? 'thread' : 'threads'}`}, ` +
      `${recentPictureMs.toFixed(1)} ms (${warmPictureMs.toFixed(1)} CPU-ms) a picture`,
  );
  if (recentPictureMs > PICTURE_MS) {
    log.warn(
      `${model} takes ${Math.round(recentPictureMs)} ms a picture here, and 25 a second leave ${PICTURE_MS}: ` +
        'some pictures will keep the mouth of the one before. A GPU, --precision int8 or smaller weights help.',
    );
  }
}
