import { createHmac } from 'node:crypto';
import { type Answer, notAllowed, notFound, speak, type VoiceServerOptions } from './voice-answers';
import type { VoiceReply } from './voice-server-host';

export const AZURE_VOICES = [
  { ShortName: 'zh-CN-XiaoxiaoMultilingualNeural', DisplayName: 'Xiaoxiao', Gender: 'Female', Locale: 'zh-CN' },
  { ShortName: 'en-US-AndrewNeural', DisplayName: 'Andrew', Gender: 'Male', Locale: 'en-US' },
];

const words = (status: number, text: string): VoiceReply => ({ status, text, contentType: 'text/plain' });

/** Azure's REST API. With `key`, wanted in its own header. */
export const azure: Answer = ({ method, path, headers, body }, options) => {
  if (options.key && headers['ocp-apim-subscription-key'] !== options.key) return words(401, '');
  if (path === '/cognitiveservices/voices/list' && method === 'GET') return { status: 200, json: AZURE_VOICES };
  if (path !== '/cognitiveservices/v1') return notFound;
  if (method !== 'POST') return notAllowed;
  if (headers['content-type'] !== 'application/ssml+xml') return words(415, 'Unsupported media type.');
  if (!headers['user-agent']) return words(400, 'User-Agent is missing.');
  if (headers['x-microsoft-outputformat'] !== 'raw-24khz-16bit-mono-pcm')
    return words(400, 'Unsupported output format.');
  const parts =
    /^<speak version="1\.0" xmlns="http:\/\/www\.w3\.org\/2001\/10\/synthesis" xml:lang="[\w-]+"><voice name="([^"<>]+)"><prosody rate="[+-]\d+%" pitch="[+-]\d+%">([^<>]+)<\/prosody><\/voice><\/speak>$/.exec(
      body.toString('utf8'),
    );
  if (!parts || /&(?!(?:amp|lt|gt|quot|apos);)/.test(parts[2]!)) return words(400, 'SSML is invalid.');
  if (!AZURE_VOICES.some(({ ShortName }) => ShortName === parts[1]))
    return words(400, `Unsupported voice ${parts[1]}.`);
  return speak(options, parts[2]!, { as: 'bare', contentType: 'audio/basic', rateHz: 24_000 });
};

/** The account of the scripted Tencent Cloud. */
export const TENCENT = { appId: '1250000000', secretId: 'AKIDtest0123456789', secretKey: 'tencent-secret-0123' };

/** TextToStreamAudio: refusals come as JSON with status 200. */
export const tencent: Answer = ({ method, path, headers, json }, options) => {
  const refuse = (Code: string, Message: string): VoiceReply => ({
    status: 200,
    json: { Response: { Error: { Code, Message }, RequestId: 'r-1' } },
  });
  if (path !== '/stream') return notFound;
  if (method !== 'POST') return notAllowed;
  const query = Object.keys(json)
    .sort()
    .map((key) => `${key}=${json[key]}`)
    .join('&');
  const signature = createHmac('sha1', TENCENT.secretKey)
    .update(`POSTtts.cloud.tencent.com/stream?${query}`)
    .digest('base64');
  if (json.SecretId !== TENCENT.secretId) return refuse('AuthFailure.SecretIdNotFound', `No secret ${json.SecretId}.`);
  if (headers.authorization !== signature) return refuse('AuthFailure.SignatureFailure', 'The signature is wrong.');
  const nowS = Date.now() / 1_000;
  const valid = Math.abs(Number(json.Timestamp) - nowS) < 300 && Number(json.Expired) > nowS;
  if (!valid) return refuse('AuthFailure.SignatureExpire', 'The signature has expired.');
  if (json.Action !== 'TextToStreamAudio' || json.AppId !== Number(TENCENT.appId) || !json.SessionId) {
    return refuse('InvalidParameter', 'A parameter is missing.');
  }
  if (json.Codec !== 'pcm' || ![8_000, 16_000, 24_000].includes(Number(json.SampleRate))) {
    return refuse('InvalidParameterValue.SampleRate', 'This rate is not supported.');
  }
  const voices = options.voices ?? ['101001', '101002'];
  if (!voices.includes(String(json.VoiceType))) {
    return refuse('InvalidParameterValue.VoiceType', `VoiceType ${json.VoiceType} is invalid.`);
  }
  return speak(options, String(json.Text), {
    as: 'bare',
    contentType: 'application/octet-stream',
    rateHz: Number(json.SampleRate),
  });
};

type Parameter = [name: string, component: string, value?: unknown];

/** gen_single of webui.py, as /gradio_api/info lists it (version 2, in Chinese). */
// biome-ignore format: a table
const GEN_SINGLE: Parameter[] = [
  ['emo_control_method', 'Radio', '与音色参考音频相同'], ['prompt', 'Audio'], ['text', 'Textbox'], ['emo_ref_path', 'Audio'],
  ['emo_weight', 'Slider', 0.65], ['vec1', 'Slider', 0], ['vec2', 'Slider', 0], ['vec3', 'Slider', 0], ['vec4', 'Slider', 0],
  ['vec5', 'Slider', 0], ['vec6', 'Slider', 0], ['vec7', 'Slider', 0], ['vec8', 'Slider', 0], ['emo_text', 'Textbox', ''],
  ['emo_random', 'Checkbox', false], ['max_text_tokens_per_segment', 'Slider', 120], ['param_16', 'Checkbox', true],
  ['param_17', 'Slider', 0.8], ['param_18', 'Slider', 30], ['param_19', 'Slider', 0.8], ['param_20', 'Number', 0],
  ['param_21', 'Slider', 3], ['param_22', 'Number', 10], ['param_23', 'Slider', 1_500],
];

const FOLDER = '/tmp/gradio/0123abcd';
/** Of each server: the texts of its events, and its files. */
const states = new WeakMap<VoiceServerOptions, { texts: string[]; uploaded: Set<string> }>();

/** IndexTTS2's webui.py: a Gradio 5 app. Its calls answer with an event, the event with a file, and the file is a WAV. */
export const indexTts2: Answer = ({ method, path, json, files }, options) => {
  const state = states.get(options) ?? { texts: [], uploaded: new Set<string>() };
  states.set(options, state);
  if (path === '/gradio_api/info' && method === 'GET') return { status: 200, json: gradioInfo };
  if (path === '/gradio_api/upload' && method === 'POST') {
    const { files: file } = files;
    if (!file) return { status: 422, json: { detail: 'no files' } };
    const at = `${FOLDER}/${file.name}`;
    state.uploaded.add(at);
    return { status: 200, json: [at] };
  }
  if (path === '/gradio_api/call/gen_single' && method === 'POST') {
    const { data } = json;
    if (!Array.isArray(data) || data.length !== GEN_SINGLE.length) {
      return { status: 422, json: { detail: `needed: ${GEN_SINGLE.length} inputs` } };
    }
    const prompt = data[1] as { path?: string; meta?: { _type?: string } } | null;
    const fine = prompt?.meta?._type === 'gradio.FileData' && state.uploaded.has(prompt.path ?? '');
    // Whatever goes wrong in the function itself shows in the event.
    state.texts.push(fine ? String(data[2]) : '');
    return { status: 200, json: { event_id: String(state.texts.length - 1) } };
  }
  const event = /^\/gradio_api\/call\/gen_single\/(\d+)$/.exec(path)?.[1];
  if (event !== undefined && method === 'GET') return eventsOf(Number(event), state.texts[Number(event)] ?? '');
  const file = new RegExp(`^/gradio_api/file=${FOLDER}/spk_(\\d+)\\.wav$`).exec(decodeURI(path))?.[1];
  const text = file === undefined ? undefined : state.texts[Number(file)];
  if (!text || method !== 'GET') return notFound;
  return speak(options, text, { as: 'streamed', contentType: 'audio/wav', rateHz: 22_050 });
};

const gradioInfo = {
  named_endpoints: {
    '/update_prompt_audio': { parameters: [], returns: [] },
    '/gen_single': {
      parameters: GEN_SINGLE.map(([parameter_name, component, value]) => ({
        label: parameter_name,
        parameter_name,
        parameter_has_default: value !== undefined,
        parameter_default: value ?? null,
        component,
      })),
      returns: [{ label: 'Synthesis Result', component: 'Audio' }],
    },
  },
  unnamed_endpoints: {},
};

function eventsOf(index: number, text: string): VoiceReply {
  const file = {
    path: `${FOLDER}/spk_${index}.wav`,
    // Another host's address on purpose: Gradio builds it from headers that a proxy may have changed.
    url: `http://169.254.0.1:9/gradio_api/file=${FOLDER}/spk_${index}.wav`,
    orig_name: 'spk.wav',
    meta: { _type: 'gradio.FileData' },
  };
  const result = [{ visible: true, value: file, __type__: 'update' }];
  const end = text ? `event: complete\ndata: ${JSON.stringify(result)}` : 'event: error\ndata: null';
  return {
    text: `event: heartbeat\ndata: null\n\nevent: generating\ndata: null\n\n${end}\n\n`,
    contentType: 'text/event-stream; charset=utf-8',
  };
}
