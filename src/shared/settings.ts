import { z } from 'zod';
import { avatarName } from './protocol';

/** Services with a known address, model and key; see llm/presets.ts. */
export const LLM_PRESETS = ['dashscope', 'openai', 'deepseek', 'ollama', 'lmstudio', 'vllm'] as const;

/** What a setting tells people, beside its schema. */
export interface SettingInfo {
  help: string;
  /** Physical unit or form of the value, e.g. `Mbit/s`, `URL`, `folder`. */
  unit?: string;
  /** Shown in --help where the default is worked out at start. */
  defaultText?: string;
  /** Its value never leaves the process: not on /api/admin/config, not in the log. */
  secret?: boolean;
  /** Environment names of the field that are read besides HERALD_<NAME>, first one wins. */
  alsoEnv?: readonly string[];
  /** A secret on the command line can be read by every user of the machine (`ps`), so some have no flag. */
  noFlag?: boolean;
}

const registry = z.registry<SettingInfo>();

const setting = <T extends z.ZodType>(schema: T, info: SettingInfo): T => {
  registry.add(schema, info);
  return schema;
};

const port = z.int().min(0).max(65_535);
const text = z.string().min(1);
const url = (protocol: RegExp, example: string) => z.url({ protocol, error: `must be a URL such as ${example}` });
const word = z.string().regex(/^[\w.@:-]{1,64}$/, { error: 'must be a name: letters, digits, "_", "-", "."' });
const hostName = z.string().regex(/^[\w.-]{1,253}$/, { error: 'must be a host name, without http:// and port' });
const jsonObject = z
  .string()
  .optional()
  .refine(isJsonObject, { error: 'must be a JSON object in a string, e.g. {"enable_search":true}' });
const offSwitch = () => z.boolean().default(false);

/**
 * Every setting of Herald. Flags (`--name`), environment (`HERALD_NAME`), keys of settings.json, --help and
 * /api/admin/config are derived from this object, so a setting is added here and nowhere else. Names are the field's own.
 */
export const settingsSchema = z.object({
  listenport: setting(port.default(8_010), { unit: 'port', help: 'HTTP port; 0 takes any free one' }),
  host: setting(text.default('0.0.0.0'), {
    unit: 'address',
    help: 'address to listen on; 127.0.0.1 for this machine only',
  }),
  transport: setting(z.enum(['webrtc', 'rtmp', 'rtcpush']).default('webrtc'), {
    help: 'where the picture goes: to peers that ask (webrtc), or pushed to --push_url',
  }),
  push_url: setting(url(/^(rtmps?|https?)$/, 'rtmp://host/live/key').optional(), {
    unit: 'URL',
    help: 'where rtmp and rtcpush send to; further sessions (--max_session) to the same with 1, 2, ... behind it',
    defaultText: 'rtcpush: SRS on this machine',
    secret: true,
  }),
  max_session: setting(z.int().min(1).max(1_000).default(1), {
    unit: 'sessions',
    help: 'API sessions at a time; the studio window is not counted',
  }),
  model: setting(text.max(1_000).default('lip-mini'), {
    unit: 'name or file',
    help: 'mouth model: lip-mini (built in), a .pth or .onnx file, or the name of one in a models folder',
  }),
  precision: setting(z.enum(['auto', 'full', 'fast', 'int8']).default('auto'), {
    help: 'how that model runs on a CPU: full (the whole picture, as the peers do), fast (the same lips, lower half only), int8 (faster, used if it is close enough); auto is fast where the model allows it',
  }),
  provider: setting(z.enum(['auto', 'cpu', 'cuda', 'tensorrt', 'dml', 'coreml', 'webgpu']).default('auto'), {
    help: 'what that model runs on; auto tries the GPU and takes what is fastest',
  }),
  feature_cache_mb: setting(z.int().min(0).max(100_000).default(256), {
    unit: 'MB',
    help: 'memory for what the fast modes keep of avatar faces',
  }),
  avatar_id: setting(avatarName.optional(), { help: 'presenter to show', defaultText: 'the built-in presenter' }),
  tts: setting(word.default('auto'), {
    help:
      'voice engine: auto, espeak (built in, offline), local, edgetts, gpt-sovits, xtts, cosyvoice, fishtts, indextts2, openai, ' +
      'azure, tencent, doubao, qwen',
  }),
  voice: setting(text.optional(), { help: 'voice of that engine (see /api/voices)', defaultText: "the engine's own" }),
  speed: setting(z.number().min(0.5).max(2).default(1), { unit: 'times normal', help: 'how fast it speaks' }),
  pitch: setting(z.number().min(-12).max(12).default(0), {
    unit: 'semitones',
    help: 'higher or lower than the voice itself, where the engine can',
  }),
  REF_FILE: setting(text.optional(), { help: 'voice name or reference recording, as the voice engine wants it' }),
  REF_TEXT: setting(text.optional(), { help: 'what the reference recording says' }),
  TTS_SERVER: setting(url(/^https?$/, 'http://127.0.0.1:9880').optional(), {
    unit: 'URL',
    help: 'address of the voice server, or of one to be asked in place of a voice service',
  }),
  tts_model: setting(text.optional(), { help: 'model of the voice server, where it has several (openai: tts-1)' }),
  tts_api_key: setting(text.optional(), { help: 'key of the voice service', secret: true, noFlag: true }),
  azure_speech_key: setting(text.optional(), {
    help: "key of Azure's speech service, sent to it or, with --tts azure, to the server named by --TTS_SERVER",
    secret: true,
    noFlag: true,
    alsoEnv: ['AZURE_SPEECH_KEY'],
  }),
  azure_tts_region: setting(
    z
      .string()
      .regex(/^[a-z0-9]{2,40}$/, { error: 'must be the name of a region such as eastasia' })
      .optional(),
    { help: "region of Azure's speech service", alsoEnv: ['AZURE_TTS_REGION'] },
  ),
  tencent_appid: setting(
    z
      .string()
      .regex(/^\d{4,20}$/, { error: 'must be a number' })
      .optional(),
    { help: 'AppId of the Tencent Cloud account', alsoEnv: ['TENCENT_APPID'] },
  ),
  tencent_secret_id: setting(text.optional(), {
    help: 'SecretId of that account, sent to its speech service or, with --tts tencent, to --TTS_SERVER',
    secret: true,
    noFlag: true,
    alsoEnv: ['TENCENT_SECRET_ID'],
  }),
  tencent_secret_key: setting(text.optional(), {
    help: 'SecretKey of that account; it signs requests and is never sent',
    secret: true,
    noFlag: true,
    alsoEnv: ['TENCENT_SECRET_KEY'],
  }),
  doubao_appid: setting(text.optional(), {
    help: "app id at Volcano Engine's speech service (Doubao)",
    alsoEnv: ['DOUBAO_APPID'],
  }),
  doubao_token: setting(text.optional(), {
    help: 'access token of that app, sent to its speech service or, with --tts doubao, to --TTS_SERVER',
    secret: true,
    noFlag: true,
    alsoEnv: ['DOUBAO_TOKEN'],
  }),
  tts_sample_rate: setting(z.int().min(8_000).max(96_000).optional(), {
    unit: 'Hz',
    help: 'rate of a voice server that sends bare samples (CosyVoice 1 sends 22050, CosyVoice 2 24000)',
    defaultText: "the engine's usual one",
  }),
  tts_deadline_s: setting(z.number().min(0.5).max(60).default(4), {
    unit: 's',
    help: 'longest wait for the first sound of a sentence before the fallback voice speaks it',
  }),
  customvideo_config: setting(text.optional(), { unit: 'file', help: 'JSON list of performances (audiotype >= 2)' }),
  performance_overlap: setting(z.enum(['queue', 'cut']).default('queue'), {
    help: 'speech and performances wait for each other (queue), or the later one ends the former (cut)',
  }),
  batch_size: setting(z.int().min(1).max(64).default(1), {
    unit: 'pictures',
    help: 'most pictures per inference call; more than 4 only adds delay on a CPU',
  }),
  data: setting(text.optional(), {
    unit: 'folder',
    help: 'avatars, models, recordings, settings.json',
    defaultText: "the user's config folder + /herald",
  }),
  avatars: setting(text.optional(), {
    unit: 'folder',
    help: 'folder with more avatars: presenters, or data/avatars of a LiveTalking checkout',
  }),
  models: setting(text.optional(), {
    unit: 'folder',
    help: 'more mouth models, e.g. models of a LiveTalking checkout',
  }),
  token: setting(
    z
      .string()
      .regex(/^[\x21-\x7e]{8,256}$/, { error: 'must be 8 to 256 printable ASCII characters without spaces' })
      .optional(),
    {
      help: 'token for callers from outside (Authorization: Bearer, ?token=)',
      defaultText: 'made at first start',
      secret: true,
    },
  ),
  require_token: setting(offSwitch(), { help: 'ask everyone for the token, this machine and the LAN too' }),
  no_auth: setting(offSwitch(), { help: 'serve everyone, any web page included, without a token' }),
  allowed_hosts: setting(z.array(hostName).default([]), {
    unit: 'names',
    help: 'host names by which Herald may be called, comma-separated',
    defaultText: 'IP addresses, localhost and the names of this machine',
  }),
  trust_proxy: setting(offSwitch(), {
    help: 'believe X-Forwarded-For / Forwarded of a reverse proxy on this machine or LAN',
  }),
  rate_limit: setting(z.int().min(0).max(100_000).default(100), {
    unit: 'requests/s per address',
    help: '0 = off; this machine always gets at least 200',
  }),
  tokens: setting(text.optional(), {
    unit: 'file',
    help: 'more tokens, with what each may do: JSON list of {"name", "scope": "view|control|admin", "sha256"}',
    defaultText: 'tokens.json in the data folder',
  }),
  tls_cert: setting(text.optional(), { unit: 'file', help: 'serve HTTPS with this certificate (PEM, with its chain)' }),
  tls_key: setting(text.optional(), { unit: 'file', help: 'private key of that certificate (PEM, no passphrase)' }),
  drain_s: setting(z.int().min(0).max(86_400).default(0), {
    unit: 's',
    help: 'when asked to end (SIGTERM): how long sessions that live may go on, while new ones are refused; 0 = end at once',
  }),
  stun: setting(z.array(z.string().regex(/^stuns?:[^\s]+$/, { error: 'must be like stun:host:3478' })).default([]), {
    unit: 'URLs',
    help: 'STUN servers, comma-separated',
  }),
  turn: setting(z.array(z.string().regex(/^turns?:[^\s@]+$/, { error: 'must be like turn:host:3478' })).default([]), {
    unit: 'URLs',
    help: 'TURN servers, comma-separated',
  }),
  turn_username: setting(text.optional(), { help: 'user name at the TURN servers' }),
  turn_password: setting(text.optional(), { help: 'password at the TURN servers', secret: true, noFlag: true }),
  max_upload_mb: setting(z.int().min(1).max(2_000).default(100), { unit: 'MB', help: 'largest upload' }),
  max_audio_minutes: setting(z.int().min(1).max(1_440).default(60), {
    unit: 'minutes',
    help: 'longest audio to speak',
  }),
  record_max_minutes: setting(z.int().min(1).max(10_080).default(240), {
    unit: 'minutes',
    help: 'longest recording; it ends by itself then',
  }),
  record_min_free_mb: setting(z.int().min(0).max(10_000_000).default(500), {
    unit: 'MB',
    help: 'disk space that recordings leave free',
  }),
  ffmpeg_path: setting(text.optional(), {
    unit: 'file',
    help: 'the ffmpeg program that makes exports',
    defaultText: 'the one on the PATH, else the one of npm run fetch-ffmpeg',
  }),
  video_bitrate_kbps: setting(z.int().min(100).max(50_000).default(2_500), { unit: 'kbit/s', help: 'video bit rate' }),
  log_level: setting(z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'), {
    help: 'least important message that is printed',
  }),
  log_file: setting(z.boolean().default(true), {
    help: 'keep the log in the data folder as well (logs/herald.log, 5 files of 5 MB)',
  }),
  llm_preset: setting(z.enum(LLM_PRESETS).default('dashscope'), {
    help: 'service that answers in chat; the local ones (ollama, lmstudio, vllm) need no key',
  }),
  llm_base_url: setting(url(/^https?$/, 'http://127.0.0.1:11434/v1').optional(), {
    unit: 'URL',
    help: 'any other OpenAI-compatible service',
    defaultText: "the preset's",
  }),
  llm_model: setting(text.optional(), { help: 'model of that service', defaultText: "the preset's; qwen-plus" }),
  llm_api_key: setting(text.optional(), {
    help: 'key of that service, whichever it is',
    secret: true,
    noFlag: true,
  }),
  dashscope_api_key: setting(text.optional(), {
    help: 'key sent to DashScope and, with --tts qwen, to the server named by --TTS_SERVER',
    secret: true,
    noFlag: true,
    alsoEnv: ['DASHSCOPE_API_KEY'],
  }),
  openai_api_key: setting(text.optional(), {
    help: 'key sent to OpenAI, to a service named by --llm_base_url, and to the server named by --TTS_SERVER with --tts openai',
    secret: true,
    noFlag: true,
    alsoEnv: ['OPENAI_API_KEY'],
  }),
  deepseek_api_key: setting(text.optional(), {
    help: 'key sent to DeepSeek only',
    secret: true,
    noFlag: true,
    alsoEnv: ['DEEPSEEK_API_KEY'],
  }),
  llm_temperature: setting(z.number().min(0).max(2).optional(), {
    unit: '0 to 2',
    help: 'how freely it answers',
    defaultText: "the model's own",
  }),
  llm_system_prompt: setting(text.max(20_000).optional(), {
    help: 'who the presenter is and how it talks (its persona)',
    defaultText: 'a friendly presenter that answers briefly, in the language of the question',
  }),
  llm_history_tokens: setting(z.int().min(0).max(1_000_000).default(4_000), {
    unit: 'tokens',
    help: 'how much of a conversation is sent along with each question; 0 = none',
  }),
  llm_extra_body: setting(jsonObject, {
    unit: 'JSON',
    help: 'more keys for each request, e.g. {"enable_search":true}',
    defaultText: 'none',
  }),
  llm_tools: setting(z.boolean().default(true), {
    help: 'offer the model tools: to start a performance, to switch between live and still (off: --llm_tools off)',
  }),
  llm_first_token_s: setting(z.number().min(1).max(300).default(10), {
    unit: 's',
    help: 'longest wait for the first word of an answer',
  }),
  llm_next_token_s: setting(z.number().min(1).max(300).default(5), {
    unit: 's',
    help: 'longest wait between two pieces of an answer',
  }),
  voice_mirror: setting(url(/^https?$/, 'https://hf-mirror.com').optional(), {
    unit: 'URL',
    help: 'mirror of Hugging Face to download voices from, with the same paths',
  }),
  pause_after_fault_s: setting(z.number().min(0).max(3_600).default(30), {
    unit: 's',
    help: 'a voice or model service that failed is not asked again for this long',
  }),
  chat_overlap: setting(z.enum(['queue', 'replace']).default('queue'), {
    help: 'a question while an answer is under way waits for it (queue) or takes its place (replace)',
  }),
  rules: setting(text.optional(), {
    unit: 'file',
    help: 'JSON list of keyword rules that run before the model',
  }),
});

export type Settings = z.infer<typeof settingsSchema>;
export type SettingName = keyof Settings;

export const settingNames = Object.keys(settingsSchema.shape) as SettingName[];

/** Defaults of everything; what an empty machine starts with. */
export const defaultSettings = (): Settings => settingsSchema.parse({});

export const settingInfo = (name: SettingName): SettingInfo => registry.get(settingsSchema.shape[name])!;

export const flagOf = (name: SettingName): string => `--${name}`;
export const envNameOf = (name: SettingName): string => `HERALD_${name.toUpperCase()}`;

/** The words that a setting is chosen from, or undefined where it is free. */
export function settingChoices(name: SettingName): string[] | undefined {
  const schema = bareSchema(name);
  return schema instanceof z.ZodEnum ? schema.options.map(String) : undefined;
}

export type SettingKind = 'number' | 'boolean' | 'list' | 'text';

/** The form a value has on a command line, read off its schema. */
export function settingKind(name: SettingName): SettingKind {
  const schema = bareSchema(name);
  if (schema instanceof z.ZodNumber) return 'number';
  if (schema instanceof z.ZodBoolean) return 'boolean';
  return schema instanceof z.ZodArray ? 'list' : 'text';
}

/** The bounds of a number, read off its schema; undefined for anything else. */
export function settingRange(name: SettingName): { min?: number; max?: number; integer: boolean } | undefined {
  const schema = bareSchema(name);
  if (!(schema instanceof z.ZodNumber)) return undefined;
  const { minValue: min, maxValue: max, format } = schema;
  return {
    ...(Number.isFinite(min) && { min: min! }),
    ...(Number.isFinite(max) && { max: max! }),
    integer: format === 'safeint',
  };
}

function bareSchema(name: SettingName): z.core.$ZodType {
  let schema: z.core.$ZodType = settingsSchema.shape[name];
  while (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) schema = schema.unwrap();
  return schema;
}

/** What the default reads like in --help; undefined for "none". */
export function defaultTextOf(name: SettingName): string | undefined {
  const { defaultText } = settingInfo(name);
  if (defaultText) return defaultText;
  const value = defaultSettings()[name];
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return undefined;
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);
}

/** Settings as /api/admin/config and the panel show them: secrets only as set or not. */
export function publicSettings(settings: Settings): Record<string, unknown> {
  return Object.fromEntries(
    settingNames.map((name) => {
      const value = settings[name];
      if (settingInfo(name).secret) return [name, value === undefined ? '(not set)' : '(set)'];
      return [name, value ?? null];
    }),
  );
}

function isJsonObject(value: string | undefined): boolean {
  if (value === undefined) return true;
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  } catch {
    return false;
  }
}

/** Push modes have one presenter per process, and it performs from the start. */
export const isPushMode = (settings: Pick<Settings, 'transport'>): boolean => settings.transport !== 'webrtc';
