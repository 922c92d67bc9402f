import { dirname, join } from 'node:path';
import type { Settings } from '../../../shared/settings';
import { nearest } from '../config/nearest';
import { given } from '../given';
import type { Log } from '../log';
import { AutoTts, type Candidate } from './auto';
import { CLOUD_ENGINES } from './cloud-engines';
import { CosyVoiceTts } from './cosyvoice';
import { DefaultedTts } from './defaults';
import { localeOf } from './edge-voices';
import { EdgeTts, edgeProblem } from './edgetts';
import { EspeakTts } from './espeak';
import { FallbackTts } from './fallback';
import { FishTts } from './fishtts';
import { GptSovitsTts } from './gpt-sovits';
import type { HttpVoiceOptions } from './http-audio';
import { IndexTts2 } from './indextts2';
import { hasLocalVoices, LocalTts } from './local/local';
import { OpenAiSpeechTts } from './openai-speech';
import type { Tts } from './tts';
import { XttsTts } from './xtts';

/** The settings that choose and shape the voice. */
export type VoiceConfig = Pick<
  Settings,
  | 'tts'
  | 'voice'
  | 'speed'
  | 'pitch'
  | 'REF_FILE'
  | 'REF_TEXT'
  | 'TTS_SERVER'
  | 'tts_model'
  | 'tts_api_key'
  | 'openai_api_key'
  | 'dashscope_api_key'
  | 'azure_speech_key'
  | 'azure_tts_region'
  | 'tencent_appid'
  | 'tencent_secret_id'
  | 'tencent_secret_key'
  | 'doubao_appid'
  | 'doubao_token'
  | 'tts_sample_rate'
  | 'tts_deadline_s'
  | 'pause_after_fault_s'
>;

export interface VoiceContext {
  /** The only folder whose recordings a request may name. */
  voicesDir: string;
  /** Where the voices of `--tts local` are, one folder each; `models/tts` beside `voicesDir` unless given. */
  localVoicesDir?: string;
  log: Log;
  /** @returns why Edge's service cannot be used, undefined where it can. */
  edgeProblem?(signal: AbortSignal): Promise<Error | undefined>;
}

export interface Engine {
  make(options: HttpVoiceOptions, config: VoiceConfig, context: VoiceContext): Tts;
  /** What has to be set before it can speak, as a sentence; undefined when nothing is missing. */
  missing?(config: VoiceConfig, context: VoiceContext): string | undefined;
}

/** Engines behind which the offline voice stands. A new voice is one file beside this one and one line here. */
const ENGINES: Record<string, Engine> = {
  edgetts: { make: (_, { voice, REF_FILE }) => new EdgeTts(given({ voice: voice ?? REF_FILE })) },
  local: {
    make: (_, config, context) => {
      const voice = config.voice ?? config.REF_FILE;
      const made = localVoice(context, config.tts_deadline_s * 1_000);
      made.warm(AbortSignal.timeout(LOCAL_LOAD_MS), voice).catch(() => {}); // the first sentence says why
      return new DefaultedTts(made, given({ voice }));
    },
    missing: (_, context) =>
      hasLocalVoices(localVoicesDir(context))
        ? undefined
        : 'no voice is installed on this machine: npm run voice -- list shows some, npm run voice -- get NAME installs one',
  },
  'gpt-sovits': {
    make: (options) => new GptSovitsTts(options),
    missing: ({ REF_FILE }) =>
      REF_FILE === undefined
        ? 'it copies the voice of a recording: set --REF_FILE to the path of one of 3 to 10 s on the machine of the ' +
          'GPT-SoVITS server, and --REF_TEXT to what it says'
        : undefined,
  },
  xtts: { make: (options) => new XttsTts(options) },
  cosyvoice: { make: (options) => new CosyVoiceTts(options) },
  fishtts: { make: (options) => new FishTts(options) },
  openai: {
    // OpenAI's own key goes to OpenAI, or to the server that was named instead of it, and never to another engine's.
    make: (options, { tts_api_key, openai_api_key }) =>
      new OpenAiSpeechTts({ ...options, ...given({ apiKey: tts_api_key ?? openai_api_key }) }),
    missing: ({ TTS_SERVER, tts_api_key, openai_api_key }) =>
      TTS_SERVER === undefined && tts_api_key === undefined && openai_api_key === undefined
        ? 'OpenAI wants a key: set OPENAI_API_KEY, or --TTS_SERVER to a server of your own that speaks the same protocol'
        : undefined,
  },
  indextts2: {
    make: (options) => new IndexTts2(options),
    missing: ({ REF_FILE }) =>
      REF_FILE === undefined
        ? 'it copies the voice of a recording: set --REF_FILE to the path of one of 3 to 15 s on this machine'
        : undefined,
  },
  ...CLOUD_ENGINES,
};

/** The peers' names of what has a shorter one here. */
const ALIASES: Record<string, string> = { azuretts: 'azure', qwentts: 'qwen' };

export const ttsNames: readonly string[] = ['auto', 'espeak', ...Object.keys(ENGINES)];

/** Names that the peers' start scripts pass as `--tts`, or that are planned, and that this build cannot serve. */
const NOT_SERVED = ['omnitts'];

/** Edge's own deadline ends just before `auto` gives up the probe, so that its better words are used. */
const EDGE_PROBE_MS = 2_800;
/** A model of 300 MB from a slow disk, and the first word. */
const LOCAL_LOAD_MS = 30_000;
/** A sentence waits for a model until this long before its deadline, so that it hears why it has to go elsewhere. */
const LOCAL_MARGIN_MS = 500;

/**
 * Makes the voice that the settings ask for, with the offline voice behind it. A name that this build does not serve gives the
 * offline voice and a warning instead of an error, so that start scripts written for the peers still come up.
 */
export function createTts(config: VoiceConfig, context: VoiceContext): Tts {
  const { log } = context;
  const { voice, speed, pitch } = config;
  const asked = config.tts.trim().toLowerCase();
  const name = Object.hasOwn(ALIASES, asked) ? ALIASES[asked]! : asked;
  const manner = { speed, pitchSemitones: pitch };
  const options = {
    log,
    firstAudioMs: config.tts_deadline_s * 1_000,
    pauseMs: config.pause_after_fault_s * 1_000,
  };
  if (name === 'espeak')
    return new DefaultedTts(new FallbackTts([offlineVoice()], options), given({ ...manner, voice }));
  if (name === 'auto') return new DefaultedTts(automaticVoice(context, options), given({ ...manner, voice }));
  const engine = Object.hasOwn(ENGINES, name) ? ENGINES[name] : undefined;
  if (!engine) {
    log.warn(unserved(config.tts));
    return new DefaultedTts(new FallbackTts([offlineVoice()], options), manner, { ignoreVoice: true });
  }
  const missing = engine.missing?.(config, context);
  if (missing) log.warn(`--tts ${name} cannot speak yet, espeak does instead: ${missing}.`);
  const made = engine.make(httpOptions(config, context.voicesDir), config, context);
  return new DefaultedTts(new FallbackTts([made, offlineVoice()], options), manner);
}

/** Its worker starts now, so that the first sentence finds it ready; should that fail, the first sentence says why. */
function offlineVoice(): EspeakTts {
  const voice = new EspeakTts();
  voice.warm().catch(() => {});
  return voice;
}

function automaticVoice(context: VoiceContext, options: { log: Log; firstAudioMs: number; pauseMs: number }): Tts {
  const problemOf = context.edgeProblem ?? ((signal) => edgeProblem(signal, { deadlineMs: EDGE_PROBE_MS }));
  const edge: Candidate = {
    engine: new EdgeTts(),
    probe: async (signal: AbortSignal) => {
      const problem = await problemOf(signal);
      if (problem) throw problem;
    },
    hasVoice: (name: string) => localeOf(name) !== undefined,
    notice: 'Every sentence is sent to Microsoft; --tts espeak keeps it on this machine.',
  };
  const candidates = hasLocalVoices(localVoicesDir(context)) ? [localCandidate(context, options), edge] : [edge];
  return new AutoTts({ ...options, candidates, offline: offlineVoice() });
}

/** Only where somebody installed a voice: a machine without one has nothing to be told about. */
function localCandidate(context: VoiceContext, { firstAudioMs }: { firstAudioMs: number }): Candidate {
  const engine = localVoice(context, firstAudioMs);
  return {
    engine,
    probe: (signal) => engine.warm(signal),
    probeLimitMs: LOCAL_LOAD_MS,
    hasVoice: (name) => engine.hasVoice(name),
    notice: 'It runs on this machine; no text leaves it.',
  };
}

function localVoice(context: VoiceContext, firstAudioMs: number): LocalTts {
  return new LocalTts({
    modelsDir: localVoicesDir(context),
    cacheDir: join(dirname(context.voicesDir), 'cache', 'voices'),
    loadPatienceMs: Math.max(LOCAL_MARGIN_MS, firstAudioMs - LOCAL_MARGIN_MS),
    log: context.log,
  });
}

const localVoicesDir = ({ localVoicesDir: dir, voicesDir }: VoiceContext) =>
  dir ?? join(dirname(voicesDir), 'models', 'tts');

function httpOptions(config: VoiceConfig, voicesDir: string): HttpVoiceOptions {
  return {
    voicesDir,
    ...given({
      server: config.TTS_SERVER,
      referenceAudio: config.REF_FILE,
      referenceText: config.REF_TEXT,
      model: config.tts_model,
      apiKey: config.tts_api_key,
      sampleRateHz: config.tts_sample_rate,
      voice: config.voice,
    }),
  };
}

function unserved(name: string): string {
  const wanted = name.trim().toLowerCase();
  const meant = nearest(wanted, ttsNames);
  const why = NOT_SERVED.includes(wanted)
    ? 'is not available in this version'
    : `is not known${meant ? ` (did you mean ${meant}?)` : ''}`;
  return `--tts ${name.slice(0, 60)} ${why}; speaking with the offline voice espeak instead (available: ${ttsNames.join(', ')}).`;
}
