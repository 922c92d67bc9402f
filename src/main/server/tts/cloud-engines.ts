import { AzureTts } from './azure';
import { DoubaoTts } from './doubao';
import { QwenTts } from './qwen';
import type { Engine } from './registry';
import { TencentTts } from './tencent';

/**
 * Services that want an account. Each gets its own key, or the one that was set for whichever voice was chosen, and sends it to
 * the service or to the server that was named in its place.
 */
export const CLOUD_ENGINES: Record<string, Engine> = {
  azure: {
    make: (options, { tts_api_key, azure_speech_key, azure_tts_region: region }) =>
      new AzureTts({ ...options, ...key(tts_api_key ?? azure_speech_key), ...(region !== undefined && { region }) }),
    missing: ({ TTS_SERVER, tts_api_key, azure_speech_key, azure_tts_region }) =>
      TTS_SERVER === undefined && ((tts_api_key ?? azure_speech_key) === undefined || azure_tts_region === undefined)
        ? "Azure's speech service wants a key and its region: set AZURE_SPEECH_KEY and AZURE_TTS_REGION"
        : undefined,
  },
  tencent: {
    make: ({ apiKey: _, ...options }, { tencent_appid, tencent_secret_id, tencent_secret_key }) =>
      new TencentTts({
        ...options,
        ...(tencent_appid !== undefined && { appId: tencent_appid }),
        ...(tencent_secret_id !== undefined && { secretId: tencent_secret_id.trim() }),
        ...(tencent_secret_key !== undefined && { secretKey: tencent_secret_key.trim() }),
      }),
    missing: ({ tencent_appid, tencent_secret_id, tencent_secret_key }) =>
      tencent_appid === undefined || tencent_secret_id === undefined || tencent_secret_key === undefined
        ? 'Tencent Cloud wants an account: set TENCENT_APPID, TENCENT_SECRET_ID and TENCENT_SECRET_KEY'
        : undefined,
  },
  doubao: {
    make: (options, { tts_api_key, doubao_token, doubao_appid: appId }) =>
      new DoubaoTts({ ...options, ...key(tts_api_key ?? doubao_token), ...(appId !== undefined && { appId }) }),
    missing: ({ tts_api_key, doubao_token, doubao_appid }) =>
      (tts_api_key ?? doubao_token) === undefined || doubao_appid === undefined
        ? 'Doubao wants an account: set DOUBAO_APPID and DOUBAO_TOKEN'
        : undefined,
  },
  qwen: {
    make: (options, { tts_api_key, dashscope_api_key }) =>
      new QwenTts({ ...options, ...key(tts_api_key ?? dashscope_api_key) }),
    missing: ({ TTS_SERVER, tts_api_key, dashscope_api_key }) =>
      TTS_SERVER === undefined && (tts_api_key ?? dashscope_api_key) === undefined
        ? 'DashScope wants a key: set DASHSCOPE_API_KEY'
        : undefined,
  },
};

/** Keys that are pasted into an environment file often end in a line break, which no header can carry. */
const key = (value: string | undefined): { apiKey?: string } => (value === undefined ? {} : { apiKey: value.trim() });
