import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from '../../../shared/settings';
import { openAudio } from '../audio/decode';
import type { Actions } from '../avatar/actions';
import type { Avatar } from '../avatar/avatar';
import type { AvatarLibrary } from '../avatar/library';
import { DEFAULT_PRESENTER, openActions, openAvatars } from '../avatar/open';
import { filesRoot } from '../entries';
import { HeraldError } from '../errors';
import type { Log } from '../log';
import { BUILT_IN_MODEL, findModel } from '../mouth/find-model';
import { MouthHost, type MouthHostOptions } from '../mouth/host';
import { describeConverted } from '../mouth/model';
import { convertCheckpoint } from '../mouth/weights/convert';
import { hasLocalVoices } from '../tts/local/local';
import { createTts } from '../tts/registry';
import type { Tts } from '../tts/tts';
import type { ClipJob } from './job';
import { type ClipFacts, type ClipOptions, renderClip } from './render';

export interface StudioOptions {
  settings: Settings;
  dataDir: string;
  log: Log;
  signal: AbortSignal;
}

export type RenderOptions = Pick<ClipOptions, 'out' | 'overwrite' | 'onProgress' | 'onWarning'>;

/** Nobody waits for a picture, and a large network on a slow machine may take seconds for one. */
const MOUTH_DEADLINE_MS = 120_000;
const MOUTH_HUNG_MS = 60_000;
const CONVERSION_POLL_MS = 50;

/** What makes clips: avatars, a mouth and voices of its own, so that a session on air is never kept waiting. */
export class ClipStudio {
  private constructor(
    private readonly options: StudioOptions,
    private readonly avatars: AvatarLibrary,
    private readonly actions: Actions,
    private readonly mouth: MouthHost,
    private readonly conversionFault: () => string | undefined,
  ) {}

  /** @throws HeraldError when the mouth model cannot be had: a clip is not made with another one than was asked for */
  static async open(options: StudioOptions): Promise<ClipStudio> {
    const { settings, dataDir, log } = options;
    let fault: string | undefined;
    const avatars = openAvatars(settings, dataDir, ({ kind, message }) => {
      if (kind === 'failed') fault = message;
      log[kind === 'failed' ? 'error' : 'info'](message);
    });
    let actions: Actions | undefined;
    try {
      actions = await openActions(settings, dataDir, (kind, message) =>
        log[kind === 'failed' ? 'error' : 'info'](message),
      );
      return new ClipStudio(options, avatars, actions, await openMouth(options), () => fault);
    } catch (error) {
      await actions?.close();
      await avatars.close();
      throw error;
    }
  }

  /** Which voice speaks where nothing else is said, which mouth moves: what makes two renders of a job differ. */
  get makings(): object {
    const { settings } = this.options;
    const { voice, speed, pitch, REF_FILE, TTS_SERVER, tts_model } = settings;
    const { model, provider, mode } = this.mouth.status();
    return { tts: this.engine, voice, speed, pitch, REF_FILE, TTS_SERVER, tts_model, model, provider, mode };
  }

  async render(job: ClipJob, options: RenderOptions): Promise<ClipFacts> {
    const { settings, signal } = this.options;
    const avatar = await this.avatars.open(job.avatar ?? settings.avatar_id ?? DEFAULT_PRESENTER, {
      background: job.background,
    });
    let tts: Tts | undefined;
    try {
      await this.converted(avatar);
      // A voice of its own for each clip: what was said in one before leaves no trace in the next.
      tts = this.openVoice();
      return await renderClip(job.script, {
        ...options,
        tts,
        avatar,
        mouth: this.mouth,
        performances: await this.actions.forSession(avatar),
        signal,
        ...(job.size !== undefined && { size: job.size }),
        ...(job.seed !== undefined && { seed: job.seed }),
        ...(job.voice !== undefined && { voice: { voice: job.voice } }),
        openAudio: (file, until) => this.openAudio(file, until),
      });
    } finally {
      await tts?.close();
      avatar.release();
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.mouth.close(), this.actions.close()]);
    await this.avatars.close();
  }

  /**
   * `auto` is a voice of this machine here: its choice for conversations depends on whether a service answers just then, and a
   * clip is to be the same tomorrow.
   */
  private get engine(): string {
    const { settings, dataDir } = this.options;
    if (settings.tts.trim().toLowerCase() !== 'auto') return settings.tts;
    return hasLocalVoices(join(dataDir, 'models', 'tts')) ? 'local' : 'espeak';
  }

  private openVoice(): Tts {
    const { settings, dataDir, log } = this.options;
    return createTts({ ...settings, tts: this.engine }, { voicesDir: join(dataDir, 'voices'), log });
  }

  /** A LiveTalking folder stands on its first picture until it is converted; a clip waits for the others. */
  private async converted(avatar: Avatar): Promise<void> {
    while (avatar.reachPictures === 0) {
      const fault = this.conversionFault();
      if (fault !== undefined) throw new HeraldError('malformed', fault);
      await sleep(CONVERSION_POLL_MS, undefined, { signal: this.options.signal });
    }
  }

  private async openAudio(file: string, signal: AbortSignal) {
    const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
      const why = error.code === 'ENOENT' ? 'there is no such file' : error.message;
      throw new HeraldError('malformed', `${file} cannot be read: ${why}`);
    });
    return openAudio(bytes, { maxMinutes: this.options.settings.max_audio_minutes, signal });
  }
}

async function openMouth({ settings, dataDir, log, signal }: StudioOptions): Promise<MouthHost> {
  const outDir = join(dataDir, 'models');
  const found = findModel(settings.model, [...(settings.models ? [settings.models] : []), outDir]);
  if (found.kind === 'missing') throw new HeraldError('malformed', found.message);
  let model: Pick<MouthHostOptions, 'model' | 'modelFile'>;
  if (found.kind === 'built-in') model = { modelFile: join(filesRoot, 'models', `${BUILT_IN_MODEL}.onnx`) };
  else if (found.kind === 'converted') model = { model: describeConverted(found.model) };
  else model = { model: describeConverted(await convertCheckpoint(found.file, outDir, { signal })) };
  const mouth = new MouthHost({
    ...model,
    engine: {
      mode: settings.precision === 'full' || settings.precision === 'fast' ? settings.precision : 'auto',
      provider: settings.provider,
      batchSize: 1, // the order of arrival would decide who shares a batch, and so the last bit
      featureBytes: settings.feature_cache_mb * 1024 * 1024,
    },
    deadlineMs: MOUTH_DEADLINE_MS,
    hungMs: MOUTH_HUNG_MS,
    onEvent: ({ kind, message }) => log[kind === 'failed' ? 'error' : 'info'](message),
  });
  try {
    await mouth.ready();
    return mouth;
  } catch (error) {
    await mouth.close();
    throw error;
  }
}
