import { join } from 'node:path';
import type { Settings } from '../../../shared/settings';
import type { I420Picture } from '../avatar/avatar';
import type { Log } from '../log';
import { builtIn, ModelChooser } from './chooser';
import { BUILT_IN_MODEL } from './find-model';
import { MouthHost, type MouthHostOptions } from './host';
import type { Int8Network } from './int8/job';
import { LEAST_PSNR_DB } from './int8/limits';
import { CALIBRATION_FACES, int8For } from './int8/run';
import type { LipModel } from './model';
import type { MouthEvent } from './mouth';
import { SwitchableMouth } from './switchable-mouth';

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

export interface CreatedMouth {
  mouth: SwitchableMouth;
  /** Changes the model that draws. */
  chooser: ModelChooser;
}

/**
 * The mouth that the settings ask for. lip-mini serves from the first second, because converting an imported model takes
 * seconds to a minute the first time, and a model that cannot be used must not leave the presenter without lips; the imported
 * one takes over when it has loaded.
 */
export function createMouth(parts: MouthParts): CreatedMouth {
  const { settings, dataDir, log, onEvent, signal } = parts;
  const engine: MouthHostOptions['engine'] = {
    mode: settings.precision === 'full' || settings.precision === 'fast' ? settings.precision : 'auto',
    provider: settings.provider,
    batchSize: settings.batch_size,
    featureBytes: settings.feature_cache_mb * 1024 * 1024,
  };
  const host = (model: Pick<MouthHostOptions, 'model' | 'modelFile'>, int8?: Int8Network): MouthHost => {
    const made: MouthHost = new MouthHost({
      ...model,
      engine: { ...engine, ...(int8 ? { int8 } : {}) },
      maxInFlight: MAX_IN_FLIGHT,
      onEvent: (event) => {
        // One that never came into service takes no mouth away; whoever asked for it says so.
        if (event.kind === 'failed' && !mouth.isServing(made)) return;
        const level = event.kind === 'failed' ? 'error' : event.kind === 'restarted' ? 'warn' : 'info';
        log[level](event.message);
        onEvent?.(event);
      },
    });
    return made;
  };
  const mouth = new SwitchableMouth(host(builtIn));
  mouth.ready().then(
    () => logReady(mouth, log),
    (error: unknown) => {
      if (!signal.aborted) log.error(`speech will have no lip-sync: ${(error as Error).message}`);
    },
  );
  const outDir = join(dataDir, 'models');
  const chooser = new ModelChooser({
    mouth,
    host,
    dirs: [...(settings.models ? [settings.models] : []), outDir],
    outDir,
    log,
    ...(onEvent && { onEvent }),
    onServing: async (model, current) => {
      logReady(mouth, log);
      if (settings.precision !== 'int8') return;
      if (model) await useInt8(model, current);
      else log.info(`${BUILT_IN_MODEL} has no int8 form and needs none.`);
    },
    signal,
  });
  if (settings.model === BUILT_IN_MODEL && settings.precision === 'int8') {
    log.info(`${BUILT_IN_MODEL} has no int8 form and needs none.`);
  }
  void chooser.use(settings.model);
  return { mouth, chooser };

  /** Float32 serves while the int8 network is made, and goes on when it is not good enough. */
  async function useInt8(model: LipModel, current: AbortSignal): Promise<void> {
    const { provider } = mouth.status();
    if (provider !== 'cpu') return log.info(`--precision int8 is for the CPU; ${provider} runs the whole graph`);
    try {
      const faces = await parts.avatarFaces(CALIBRATION_FACES);
      const { psnrDb, network } = await int8For(model, faces, { signal: current });
      const figure = `${psnrDb.toFixed(1)} dB against float32`;
      if (!network) {
        return log.warn(`int8 is refused: ${figure}, at least ${LEAST_PSNR_DB} dB are wanted. float32 is used.`);
      }
      current.throwIfAborted();
      await mouth.change(host({ model }, network));
      log.info(`int8: ${figure}`);
      logReady(mouth, log);
    } catch (error) {
      if (!current.aborted) log.warn(`int8 is not used: ${(error as Error).message} float32 is used.`);
    }
  }
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
