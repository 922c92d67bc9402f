import { SETTING_GROUPS } from '../../../shared/setting-groups';
import type { SettingName } from '../../../shared/settings';

/**
 * Settings that a running server takes up. All others are read once, at start: a listening socket or a decoded
 * presenter would have to be torn down under people who are watching. A model is loaded beside the one in service.
 */
export const LIVE_SETTINGS: readonly SettingName[] = [
  ...SETTING_GROUPS.chat,
  ...SETTING_GROUPS.voice,
  'model',
  'max_session',
  'max_audio_minutes',
  'record_max_minutes',
  'log_level',
];

/** What makes the voice: any of them changed, and the engine is made anew. */
export const VOICE_SETTINGS: readonly SettingName[] = [...SETTING_GROUPS.voice, 'openai_api_key', 'dashscope_api_key'];

export const isLive = (name: SettingName): boolean => LIVE_SETTINGS.includes(name);
