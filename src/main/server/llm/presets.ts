import type { LLM_PRESETS, Settings } from '../../../shared/settings';
import { say } from '../../../shared/told';

export type LlmPreset = (typeof LLM_PRESETS)[number];
type KeySetting = 'dashscope_api_key' | 'openai_api_key' | 'deepseek_api_key';

/** Everything that a request to a model needs. Holds a key: never log it whole. */
export interface LlmConfig {
  /** For people: `dashscope`, or the host of a service of their own. */
  service: string;
  /** Without a slash at its end. */
  baseUrl: string;
  /** Absent: the first chat model that the endpoint lists. */
  model?: string;
  apiKey?: string;
  /** Environment name of the setting that holds this endpoint's key. */
  keyVariable: string;
  /** Shell command or step that starts the service, for presets that run on this machine. */
  start?: string;
  temperature?: number;
  extraBody: Record<string, unknown>;
}

interface Preset {
  baseUrl: string;
  /** Local servers serve what their owner has loaded, so they have none. */
  model?: string;
  key?: KeySetting;
  start?: string;
}

const PRESETS: Record<LlmPreset, Preset> = {
  dashscope: {
    baseUrl: 'https://dashscope.aliyuncs.com/compatible-mode/v1',
    model: 'qwen-plus',
    key: 'dashscope_api_key',
  },
  openai: { baseUrl: 'https://api.openai.com/v1', model: 'gpt-4.1-mini', key: 'openai_api_key' },
  deepseek: { baseUrl: 'https://api.deepseek.com/v1', model: 'deepseek-chat', key: 'deepseek_api_key' },
  ollama: { baseUrl: 'http://127.0.0.1:11434/v1', start: 'start it with: ollama serve' },
  lmstudio: { baseUrl: 'http://127.0.0.1:1234/v1', start: 'open LM Studio and start its server (Developer tab)' },
  vllm: { baseUrl: 'http://127.0.0.1:8000/v1', start: 'start it with: vllm serve MODEL' },
};

/**
 * Hosts that a key belongs to, regional and workspace addresses included. Not all of aliyuncs.com: anybody can rent a bucket
 * or a function under it, and would then be sent the key.
 */
const KEY_HOSTS: Record<KeySetting, RegExp> = {
  dashscope_api_key: /^(?:[\w-]+\.)?dashscope(?:-\w+)?\.aliyuncs\.com$|^[\w-]+(?:\.[\w-]+)?\.maas\.aliyuncs\.com$/,
  openai_api_key: /^(?:\w+\.)?api\.openai\.com$/,
  deepseek_api_key: /^(?:[\w-]+\.)*deepseek\.com$/,
};

const KEY_VARIABLES: Record<KeySetting, string> = {
  dashscope_api_key: 'DASHSCOPE_API_KEY',
  openai_api_key: 'OPENAI_API_KEY',
  deepseek_api_key: 'DEEPSEEK_API_KEY',
};

/** The services that answer nobody without a key. */
const keyOfHost = (host: string): KeySetting | undefined =>
  (Object.keys(KEY_HOSTS) as KeySetting[]).find((key) => KEY_HOSTS[key].test(host));

/**
 * Which model answers, where, and with which key. `problem` is for people, says how to configure one and holds no key.
 *
 * `llm_api_key` goes wherever requests go, since its owner said so. The keys of known services go to their own hosts only,
 * except that OPENAI_API_KEY, as in every OpenAI client, also goes to a service named by `llm_base_url`.
 */
export function resolveLlm(settings: Settings): LlmConfig | { problem: string } {
  const preset = PRESETS[settings.llm_preset];
  const url = new URL(settings.llm_base_url ?? preset.baseUrl);
  if (url.username || url.password) {
    return {
      problem: '--llm_base_url holds a user name or password: leave it out and put the key into HERALD_LLM_API_KEY',
    };
  }
  const home = url.host === new URL(preset.baseUrl).host;
  const known = keyOfHost(url.hostname);
  const custom = settings.llm_base_url !== undefined && !known;
  const keySetting = known ?? (custom ? 'openai_api_key' : undefined);
  const apiKey = (settings.llm_api_key ?? (keySetting && settings[keySetting]))?.trim() || undefined;
  const keyVariable = keySetting && !settings.llm_api_key ? KEY_VARIABLES[keySetting] : 'HERALD_LLM_API_KEY';

  if (known && !apiKey) return { problem: noKey(url.hostname, KEY_VARIABLES[known]) };
  // It would be an invalid header, and the error about it would quote the key.
  if (apiKey && !/^[\x21-\x7e]+$/.test(apiKey)) {
    return { problem: `the key in ${keyVariable} has characters that no key has (blanks, line breaks): copy it again` };
  }
  // A preset's model belongs to its service: another endpoint would not know it.
  const model = settings.llm_model ?? (home || (known && known === preset.key) ? preset.model : undefined);
  return {
    service: home || (known && known === preset.key) ? settings.llm_preset : url.host,
    baseUrl: url.href.replace(/\/+$/, ''),
    keyVariable,
    extraBody: settings.llm_extra_body ? (JSON.parse(settings.llm_extra_body) as Record<string, unknown>) : {},
    ...(model && { model }),
    ...(apiKey && { apiKey }),
    ...(home && preset.start && { start: preset.start }),
    ...(settings.llm_temperature !== undefined && { temperature: settings.llm_temperature }),
  };
}

const noKey = (host: string, variable: string): string =>
  say('llm.do.configure', {
    host,
    variable,
    preset: variable === 'DASHSCOPE_API_KEY' ? '' : ' (or DASHSCOPE_API_KEY with --llm_preset dashscope)',
  });
