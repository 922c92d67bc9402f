import { readdirSync } from 'node:fs';
import type { PcmChunk } from '../../audio/frame';
import type { Log } from '../../log';
import { hasSpeech } from '../../text/speakable';
import { guessLanguage } from '../language';
import type { Tts, TtsOptions, VoiceInfo } from '../tts';
import { chooseVoice, findModel } from './choose';
import { fault, PROVIDER } from './fault';
import { VoiceHost } from './host';
import { findModels, type LocalModel } from './models';
import { speechPieces } from './pieces';
import { sherpaConfig } from './sherpa-config';
import type { VoiceProcess } from './voice-fork';

export interface LocalTtsOptions {
  /** A folder of voices, one folder each. */
  modelsDir: string;
  /** For what has to be made of them; as large as they are. */
  cacheDir: string;
  /** How long a sentence waits for a model that is being loaded, before another engine should speak it. */
  loadPatienceMs?: number;
  log?: Log;
  start?: () => VoiceProcess;
}

/** Two languages at once are plausible; each model takes 100 to 400 MB. */
const MAX_LOADED = 2;
/** Longer than anybody's sentence; what is spoken of it is bounded with it. */
const MAX_CHARACTERS = 4_000;
/** For who would rather wait for this voice than hear another one. */
const LOADING_RETRY_MS = 250;
/** Enough speech to judge a voice's speed by. */
const JUDGED_MS = 3_000;

/**
 * Neural voices on this machine, by sherpa-onnx: Piper, Kokoro, Kitten, Matcha, Supertonic. Each model that is used runs in a
 * process of its own and stays loaded. No text leaves the machine.
 */
export class LocalTts implements Tts {
  readonly name = PROVIDER;
  readonly #options: LocalTtsOptions;
  /** By the model's name, the one used last at the end. */
  readonly #hosts = new Map<string, VoiceHost>();
  readonly #judged = new Set<string>();
  /** Those that made room for others and are not gone yet. */
  readonly #leaving = new Set<VoiceHost>();
  #models: Promise<LocalModel[]> | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: LocalTtsOptions) {
    this.#options = options;
  }

  /** Loads the voice that would speak and lets it say a word to nobody. @throws ProviderError; the signal's reason */
  async warm(signal: AbortSignal, voice?: string): Promise<void> {
    const { model } = chooseVoice(await this.#installed(), '', voice);
    const host = this.#hostOf(model);
    if (host.state.loaded) return;
    for await (const _ of host.run({ pieces: speechPieces('Ready?'), speaker: 0, speed: 1 }, signal));
  }

  /** @throws ProviderError; the signal's reason when aborted */
  async *stream(sentence: string, { signal, voice, context, speed = 1 }: TtsOptions): AsyncGenerator<PcmChunk> {
    signal.throwIfAborted();
    if (!hasSpeech(sentence)) return;
    const { model, speakerId } = chooseVoice(await this.#installed(), sentence, voice || undefined, context);
    const host = this.#hostOf(model);
    const { sampleRateHz } = await this.#loaded(host, model.name, signal);
    const { language } = guessLanguage(sentence);
    const job = {
      pieces: speechPieces(sentence.slice(0, MAX_CHARACTERS)),
      speaker: speakerId,
      speed,
      ...(language !== undefined && { language }),
    };
    for await (const samples of host.run(job, signal)) yield { samples, sampleRateHz };
    this.#judge(model.name, host);
  }

  /** Every speaker of every model. Also finds models that were installed meanwhile. @throws ProviderError when there is none */
  async voices(signal: AbortSignal): Promise<VoiceInfo[]> {
    this.#models = undefined;
    const models = await this.#installed();
    signal.throwIfAborted();
    return models.flatMap(voicesOf);
  }

  /** Whether a voice name is one of a model here, by a look at the folders' names. */
  hasVoice(name: string): boolean {
    const folders = namesIn(this.#options.modelsDir).map((folder) => ({ name: folder }));
    return findModel(folders, name.split(':')[0]!) !== undefined;
  }

  /** The processes that hold a model now. */
  get state(): {
    model: string;
    pid: number | undefined;
    jobs: number;
    speechMs: number;
    realTimeFactor: number | undefined;
  }[] {
    return [...this.#hosts].map(([model, host]) => ({ model, ...host.state, ...host.speed }));
  }

  close(): Promise<void> {
    const all = [...this.#hosts.values(), ...this.#leaving];
    this.#closed ??= Promise.all(all.map((host) => host.close())).then(() => this.#hosts.clear());
    return this.#closed;
  }

  async #installed(): Promise<LocalModel[]> {
    this.#models ??= this.#find();
    return this.#models;
  }

  async #find(): Promise<LocalModel[]> {
    const { modelsDir, log } = this.#options;
    try {
      const { models, problems } = await findModels(modelsDir);
      for (const { reason, remedy } of problems)
        log?.warn(`a voice of this machine cannot be used: ${reason}. ${remedy}`);
      if (models.length > 0) return models;
      throw problems[0] ?? noVoice(modelsDir);
    } catch (error) {
      this.#models = undefined;
      throw error;
    }
  }

  #hostOf(model: LocalModel): VoiceHost {
    if (this.#closed) throw fault('the voice is closed', 'Herald is ending.', { ofRequest: true });
    const { cacheDir, start } = this.#options;
    const host =
      this.#hosts.get(model.name) ??
      new VoiceHost({ name: model.name, config: () => sherpaConfig(model, cacheDir), ...(start && { start }) });
    this.#hosts.delete(model.name);
    this.#hosts.set(model.name, host);
    const [name, idle] = [...this.#hosts].find(([, other]) => other !== host && other.idle) ?? [];
    if (this.#hosts.size > MAX_LOADED && idle) {
      this.#hosts.delete(name!);
      this.#leaving.add(idle);
      void idle.close().then(() => this.#leaving.delete(idle));
    }
    return host;
  }

  async #loaded(host: VoiceHost, name: string, signal: AbortSignal) {
    const patienceMs = this.#options.loadPatienceMs;
    if (patienceMs === undefined) return host.ready(signal);
    const patience = AbortSignal.timeout(patienceMs);
    try {
      return await host.ready(AbortSignal.any([signal, patience]));
    } catch (error) {
      signal.throwIfAborted();
      if (!patience.aborted) throw error;
      // Of the request: the voice is not at fault and will be asked again with the next sentence.
      const more = { ofRequest: true, retryAfterMs: LOADING_RETRY_MS };
      throw fault(`"${name}" is still being loaded`, 'It speaks as soon as it is there.', more);
    }
  }

  /** Says once when a voice is too slow for this machine: speech would come in bits. */
  #judge(name: string, host: VoiceHost): void {
    const { realTimeFactor, speechMs } = host.speed;
    if (this.#judged.has(name) || realTimeFactor === undefined || speechMs < JUDGED_MS) return;
    this.#judged.add(name);
    if (realTimeFactor < 1) return;
    this.#options.log?.warn(
      `the voice "${name}" takes ${realTimeFactor.toFixed(1)} s for each second of speech on this machine, so speech will come ` +
        'in bits: choose a smaller voice (npm run voice -- list).',
    );
  }
}

/** Whether there is anything that could be a voice. */
export const hasLocalVoices = (modelsDir: string): boolean => namesIn(modelsDir).length > 0;

function namesIn(modelsDir: string): string[] {
  try {
    const entries = readdirSync(modelsDir, { withFileTypes: true });
    return entries.filter((e) => !e.isFile() && !e.name.startsWith('.')).map(({ name }) => name);
  } catch {
    return [];
  }
}

const noVoice = (modelsDir: string) =>
  fault(
    'no voice is installed on this machine',
    `npm run voice -- list shows some; a voice is a folder in ${modelsDir}.`,
  );

/** Kokoro names its speakers by language and gender: `af_heart` is American and female (VOICES.md of Kokoro-82M). */
const KOKORO_LOCALES: Record<string, string> = {
  a: 'en-US',
  b: 'en-GB',
  e: 'es',
  f: 'fr-FR',
  h: 'hi',
  i: 'it',
  j: 'ja',
  p: 'pt-BR',
  z: 'zh-CN',
};

function voicesOf({ name, family, locale, speakers }: LocalModel): VoiceInfo[] {
  const language = (tag: string | undefined) => (tag === undefined ? {} : { language: tag });
  if (speakers.length === 0) return [{ id: name, name, ...language(locale) }];
  return speakers.map((speaker) => {
    const [, country = '', gender] = (family === 'kokoro' && /^([a-z])([fm])_/.exec(speaker.name)) || [];
    return {
      id: `${name}:${speaker.name}`,
      name: `${name} ${speaker.name}`,
      ...language(KOKORO_LOCALES[country] ?? locale),
      ...(gender && { gender: gender === 'f' ? ('female' as const) : ('male' as const) }),
    };
  });
}
