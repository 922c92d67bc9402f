import { describe, expect, it } from 'vitest';
import { startVoiceServer } from '../../../../testing/voice-servers';

type Engine = Parameters<typeof startVoiceServer>[0];

const json = (path: string, body: unknown, method = 'POST') => ({
  path,
  init: { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
});
const form = (path: string, fields: Record<string, string>) => ({
  path,
  init: { method: 'POST', body: new URLSearchParams(fields) },
});

const SSML =
  '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="zh-CN">' +
  '<voice name="zh-CN-XiaoxiaoMultilingualNeural"><prosody rate="+0%" pitch="+0%">a</prosody></voice></speak>';
const ssml = (body: string, headers: Record<string, string> = {}) => ({
  path: '/cognitiveservices/v1',
  init: {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/ssml+xml',
      'x-microsoft-outputformat': 'raw-24khz-16bit-mono-pcm',
      ...headers,
    },
  },
});

/** The scripted servers are as strict as the real ones: an engine that asks wrongly must not pass its tests. */
describe('scripted voice servers', () => {
  it.each<[Engine, { path: string; init?: RequestInit }, number]>([
    ['gpt-sovits', json('/tts', { text: 'a', text_lang: 'zh', prompt_lang: 'zh' }), 400],
    ['gpt-sovits', json('/tts', { text: 'a', text_lang: 'zh-cn', prompt_lang: 'zh', ref_audio_path: 'a.wav' }), 400],
    ['gpt-sovits', json('/', {}), 404],
    ['xtts', json('/tts_stream', { text: 'a', language: 'en' }), 422],
    ['xtts', form('/clone_speaker', { wav_file: 'text' }), 422],
    ['xtts', { path: '/tts_stream' }, 405],
    ['cosyvoice', form('/inference_sft', { tts_text: 'a' }), 422],
    ['cosyvoice', form('/inference_zero_shot', { tts_text: 'a', prompt_text: 'b' }), 422],
    ['cosyvoice', form('/inference_zero_shot', { tts_text: 'a', prompt_text: '' }), 422],
    ['fishtts', json('/v1/tts', { format: 'wav' }), 422],
    ['fishtts', json('/v1/tts', { text: 'a', format: 'pcm', streaming: true }), 400],
    ['openai', json('/v1/audio/speech', { model: 'tts-1', voice: 'alloy' }), 400],
    ['openai', json('/audio/speech', { model: 'tts-1', voice: 'alloy', input: 'a' }), 404],
    ['azure', ssml('<speak>a</speak>'), 400],
    ['azure', ssml(`${SSML.replace('>a<', '>a & b<')}`), 400],
    ['azure', ssml(SSML, { 'x-microsoft-outputformat': 'audio-24khz-48kbitrate-mono-mp3' }), 400],
    ['azure', ssml(SSML, { 'content-type': 'text/plain' }), 415],
    ['indextts2', form('/gradio_api/upload', { name: 'a' }), 422],
    ['indextts2', json('/gradio_api/call/gen_single', { data: ['a'] }), 422],
    ['indextts2', { path: '/gradio_api/file=/tmp/gradio/0123abcd/spk_0.wav' }, 404],
  ])('%s refuses %j', async (engine, { path, init }, status) => {
    const server = await startVoiceServer(engine);
    const reply = await fetch(server.url + path, init);
    await reply.text();
    expect(reply.status).toBe(status);
    await server.close();
  });
});
