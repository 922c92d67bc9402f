import { type Answer, invalid, missing, notAllowed, notFound, speak, type VoiceServerOptions } from './voice-answers';
import { azure, indexTts2, tencent } from './voice-cloud-servers';
import { type VoiceReply, VoiceServer } from './voice-server-host';

export { tone, type VoiceServerOptions } from './voice-answers';
export * from './voice-server-host';

type EngineName = keyof typeof ENGINES;

/** A scripted server of this engine on a free port. */
export function startVoiceServer(engine: EngineName, options: VoiceServerOptions = {}): Promise<VoiceServer> {
  return VoiceServer.start((request) => ENGINES[engine](request, options), options.script, options.port);
}

/** api_v2.py. `voices` are the recordings that exist on its machine. */
const gptSovits: Answer = ({ method, path, json }, options) => {
  if (path !== '/tts') return notFound;
  if (method !== 'POST') return notAllowed;
  const refuse = (message: string): VoiceReply => ({ status: 400, json: { message } });
  const languages = ['auto', 'auto_yue', 'en', 'zh', 'ja', 'yue', 'ko', 'all_zh', 'all_ja', 'all_yue', 'all_ko'];
  const [lacking] = missing(json, 'ref_audio_path', 'text', 'text_lang', 'prompt_lang');
  if (lacking) return refuse(`${lacking} is required`);
  for (const name of ['text_lang', 'prompt_lang']) {
    if (!languages.includes(String(json[name]))) return refuse(`${name}: ${json[name]} is not supported in version v2`);
  }
  if (!['wav', 'raw', 'ogg', 'aac'].includes(String(json.media_type ?? 'wav'))) {
    return refuse(`media_type: ${json.media_type} is not supported`);
  }
  if (options.voices && !options.voices.includes(String(json.ref_audio_path))) return { breaksOff: true };
  const raw = json.media_type === 'raw';
  return speak(options, String(json.text), {
    as: raw ? 'bare' : 'streamed',
    contentType: raw ? 'audio/raw' : 'audio/wav',
    rateHz: 32_000,
  });
};

/** As large as the real one's, in its order: 32 x 1,024 numbers and 512 more. */
export const xttsSpeaker = (seed: number) => ({
  gpt_cond_latent: Array.from({ length: 32 }, (_, row) =>
    Array.from({ length: 1_024 }, (_, i) => ((seed * 31 + row * 7 + i) % 997) / 997),
  ),
  speaker_embedding: Array.from({ length: 512 }, (_, i) => ((seed * 17 + i) % 499) / 499),
});

/** xtts-streaming-server. */
const xtts: Answer = ({ method, path, json, files }, options) => {
  const voices = options.voices ?? ['Claribel Dervla', 'Daisy Studious', 'Ana Florence'];
  if (path === '/studio_speakers' && method === 'GET') {
    return { status: 200, json: Object.fromEntries(voices.map((name, i) => [name, xttsSpeaker(i)])) };
  }
  if (path === '/clone_speaker' && method === 'POST') {
    const file = files.wav_file;
    if (!file) return invalid('wav_file');
    if (file.bytes.toString('latin1', 0, 4) !== 'RIFF') return { status: 500, json: 'Internal Server Error' };
    return { status: 200, json: xttsSpeaker(file.bytes.length) };
  }
  if (path !== '/tts_stream') return notFound;
  if (method !== 'POST') return notAllowed;
  const lacking = missing(json, 'speaker_embedding', 'gpt_cond_latent', 'text', 'language');
  if (lacking.length > 0) return invalid(...lacking);
  const header = json.add_wav_header !== false;
  return speak(options, String(json.text), {
    as: header ? 'streamed' : 'bare',
    contentType: 'audio/wav',
    rateHz: 24_000,
  });
};

/** runtime/python/fastapi/server.py; it sends no content type. */
const cosyVoice: Answer = ({ method, path, fields, files }, options) => {
  const wanted: Record<string, string[]> = {
    '/inference_sft': ['tts_text', 'spk_id'],
    '/inference_zero_shot': ['tts_text', 'prompt_text', 'prompt_wav'],
    '/inference_cross_lingual': ['tts_text', 'prompt_wav'],
  };
  const names = wanted[path];
  if (!names) return notFound;
  if (!(options.methods ?? ['GET', 'POST']).includes(method)) return notAllowed;
  const lacking = missing({ ...fields, ...files }, ...names);
  if (lacking.length > 0) return invalid(...lacking);
  const speakers = options.voices ?? ['中文女', '中文男', '英文女'];
  if (path === '/inference_sft' && !speakers.includes(fields.spk_id!)) return { breaksOff: true };
  return speak(options, fields.tts_text!, { as: 'bare', rateHz: 24_000 });
};

/** tools/api_server.py. */
const fishSpeech: Answer = ({ method, path, headers, json }, options) => {
  const fail = (statusCode: number, message: string, error: string): VoiceReply => ({
    status: statusCode,
    json: { statusCode, message, error },
  });
  if (options.key && headers.authorization !== `Bearer ${options.key}`)
    return fail(401, 'Invalid token', 'Unauthorized');
  if (path === '/v1/references/list' && method === 'GET') {
    return { status: 200, json: { success: true, reference_ids: options.voices ?? ['anna'], message: 'Found' } };
  }
  if (path !== '/v1/tts') return notFound;
  if (method !== 'POST') return notAllowed;
  if (typeof json.text !== 'string') return invalid('text');
  if (json.streaming === true && json.format !== 'wav') {
    return fail(400, 'Streaming only supports WAV format', 'Bad Request');
  }
  if (json.reference_id !== undefined && !/^[a-zA-Z0-9\-_ ]+$/.test(String(json.reference_id))) {
    return { breaksOff: true };
  }
  return speak(options, json.text, { as: 'bare', contentType: 'audio/wav', rateHz: 44_100 });
};

/** OpenAI's; with `voices`, Kokoro-FastAPI's list as well. */
const openAi: Answer = ({ method, path, headers, json }, options) => {
  const refuse = (status: number, message: string, code: string | null): VoiceReply => ({
    status,
    json: { error: { message, type: 'invalid_request_error', param: null, code } },
  });
  if (options.key && headers.authorization !== `Bearer ${options.key}`) {
    const sent = String(headers.authorization ?? '').replace('Bearer ', '');
    return refuse(401, `Incorrect API key provided: ${sent}. Find yours at the platform.`, 'invalid_api_key');
  }
  if (path === '/v1/audio/voices' && method === 'GET' && options.voices) {
    return { status: 200, json: { voices: options.voices.map((id) => ({ id, name: id })) } };
  }
  if (path !== '/v1/audio/speech') return refuse(404, `Invalid URL (${method} ${path})`, null);
  if (method !== 'POST') return refuse(405, 'Method not allowed', 'method_not_supported');
  const [lacking] = missing(json, 'model', 'input', 'voice');
  if (lacking) return refuse(400, `Missing required parameter: '${lacking}'.`, 'missing_required_parameter');
  const voices = options.voices ?? ['alloy', 'ash', 'coral', 'echo', 'fable', 'nova', 'onyx', 'sage', 'shimmer'];
  if (!voices.includes(String(json.voice))) {
    return refuse(400, `Input should be ${voices.map((voice) => `'${voice}'`).join(', ')}`, null);
  }
  return speak(options, String(json.input), { as: 'bare', contentType: 'audio/pcm', rateHz: 24_000 });
};

const ENGINES = {
  'gpt-sovits': gptSovits,
  xtts,
  cosyvoice: cosyVoice,
  fishtts: fishSpeech,
  openai: openAi,
  azure,
  tencent,
  indextts2: indexTts2,
};
