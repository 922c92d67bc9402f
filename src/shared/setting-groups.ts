import type { SettingName } from './settings';

/** How the panel sorts settings, most wanted first. What is named nowhere here comes last in `server`. */
export const SETTING_GROUPS = {
  chat: [
    'llm_preset',
    'llm_model',
    'llm_base_url',
    'llm_api_key',
    'dashscope_api_key',
    'openai_api_key',
    'deepseek_api_key',
    'llm_system_prompt',
    'llm_temperature',
    'llm_history_tokens',
    'llm_tools',
    'llm_extra_body',
    'llm_first_token_s',
    'llm_next_token_s',
    'chat_overlap',
    'rules',
  ],
  voice: [
    'tts',
    'voice',
    'speed',
    'pitch',
    'REF_FILE',
    'REF_TEXT',
    'TTS_SERVER',
    'tts_model',
    'tts_api_key',
    'azure_speech_key',
    'azure_tts_region',
    'tencent_appid',
    'tencent_secret_id',
    'tencent_secret_key',
    'doubao_appid',
    'doubao_token',
    'tts_sample_rate',
    'tts_deadline_s',
    'voice_mirror',
    'pause_after_fault_s',
  ],
  presenter: [
    'avatar_id',
    'model',
    'precision',
    'provider',
    'batch_size',
    'feature_cache_mb',
    'customvideo_config',
    'performance_overlap',
    'avatars',
    'models',
  ],
  recording: [
    'record_max_minutes',
    'record_min_free_mb',
    'video_bitrate_kbps',
    'max_upload_mb',
    'max_audio_minutes',
    'ffmpeg_path',
  ],
  server: [
    'listenport',
    'host',
    'max_session',
    'transport',
    'push_url',
    'stun',
    'turn',
    'turn_username',
    'turn_password',
    'log_level',
    'log_file',
    'drain_s',
  ],
  access: [
    'token',
    'tokens',
    'require_token',
    'no_auth',
    'allowed_hosts',
    'trust_proxy',
    'rate_limit',
    'tls_cert',
    'tls_key',
  ],
} as const satisfies Record<string, readonly SettingName[]>;

export type SettingGroup = keyof typeof SETTING_GROUPS;

/** `data` is where settings.json itself lies: it can only be said at start. */
export const NOT_SHOWN: readonly SettingName[] = ['data'];

/** @returns undefined for a setting that is not shown */
export function groupOf(name: SettingName): SettingGroup | undefined {
  if (NOT_SHOWN.includes(name)) return undefined;
  const named = (Object.keys(SETTING_GROUPS) as SettingGroup[]).find((group) =>
    (SETTING_GROUPS[group] as readonly SettingName[]).includes(name),
  );
  return named ?? 'server';
}

const ORDER: readonly SettingName[] = Object.values(SETTING_GROUPS).flat();

/** The order in which the panel shows settings. */
export function compareSettings(a: SettingName, b: SettingName): number {
  const place = (name: SettingName) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return place(a) - place(b);
}
