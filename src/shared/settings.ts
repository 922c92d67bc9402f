import { z } from 'zod';
import { avatarName } from './protocol';

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
    help: 'where rtmp and rtcpush send to',
    secret: true,
  }),
  max_session: setting(z.int().min(1).max(1_000).default(1), {
    unit: 'sessions',
    help: 'API sessions at a time; the studio window is not counted',
  }),
  model: setting(word.default('lip-mini'), { help: 'mouth model: lip-mini (built in) or an imported one' }),
  avatar_id: setting(avatarName.optional(), { help: 'presenter to show', defaultText: 'the built-in presenter' }),
  tts: setting(word.default('espeak'), { help: 'voice engine; espeak is built in and works offline' }),
  REF_FILE: setting(text.optional(), { help: 'voice name or reference recording, as the voice engine wants it' }),
  REF_TEXT: setting(text.optional(), { help: 'what the reference recording says' }),
  TTS_SERVER: setting(url(/^https?$/, 'http://127.0.0.1:9880').optional(), {
    unit: 'URL',
    help: 'address of the voice server',
  }),
  customvideo_config: setting(text.optional(), { unit: 'file', help: 'JSON list of performances (audiotype >= 2)' }),
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
    help: 'folder with more presenters (presenter.json and its clip, one folder each)',
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
  video_bitrate_kbps: setting(z.int().min(100).max(50_000).default(2_500), { unit: 'kbit/s', help: 'video bit rate' }),
  log_level: setting(z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'), {
    help: 'least important message that is printed',
  }),
  llm_base_url: setting(
    url(/^https?$/, 'http://127.0.0.1:11434/v1').default('https://dashscope.aliyuncs.com/compatible-mode/v1'),
    {
      unit: 'URL',
      help: 'OpenAI-compatible service for chat (used from the version that brings chat)',
    },
  ),
  llm_model: setting(text.default('qwen-plus'), { help: 'model of that service (likewise)' }),
  llm_api_key: setting(text.optional(), {
    help: 'key of that service (likewise)',
    secret: true,
    noFlag: true,
    alsoEnv: ['DASHSCOPE_API_KEY', 'OPENAI_API_KEY'],
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

/** Push modes have one presenter per process, and it performs from the start. */
export const isPushMode = (settings: Pick<Settings, 'transport'>): boolean => settings.transport !== 'webrtc';
