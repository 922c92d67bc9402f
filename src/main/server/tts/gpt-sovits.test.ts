import { describe, expect, it } from 'vitest';
import { expectSame, faultOf, hear, keepsTheVoiceContract } from '../../../../testing/voice-contract';
import { startVoiceServer, tone, type VoiceServerOptions } from '../../../../testing/voice-servers';
import { GptSovitsTts } from './gpt-sovits';
import type { HttpVoiceOptions } from './http-audio';
import type { TtsOptions } from './tts';

const REFERENCE = { referenceAudio: 'ref/lin.wav', referenceText: '我是一名主持人。' };

async function said(
  text: string,
  options: Partial<TtsOptions> = {},
  settings: HttpVoiceOptions = REFERENCE,
  serverOptions: VoiceServerOptions = {},
) {
  const server = await startVoiceServer('gpt-sovits', serverOptions);
  const voice = new GptSovitsTts({ server: server.url, ...settings });
  const heard = await hear(voice.stream(text, { signal: AbortSignal.timeout(20_000), ...options }));
  await voice.close();
  await server.close();
  return { heard, requests: server.requests, request: server.requests[0] };
}

describe('gpt-sovits', () => {
  keepsTheVoiceContract({
    engine: 'gpt-sovits',
    make: (server) => new GptSovitsTts({ server, ...REFERENCE }),
    rateHz: 32_000,
    headerBytes: 44,
  });

  it('asks as api_v2.py wants to be asked', async () => {
    const { heard, request } = await said('今天天气很好。');
    expect(request).toMatchObject({ method: 'POST', path: '/tts', headers: { 'content-type': 'application/json' } });
    expect(request!.json).toEqual({
      text: '今天天气很好。',
      text_lang: 'zh',
      ref_audio_path: 'ref/lin.wav',
      prompt_text: '我是一名主持人。',
      prompt_lang: 'zh',
      media_type: 'wav',
      streaming_mode: true,
    });
    expectSame(heard, tone(32_000));
  });

  it.each([
    ['Good morning', 'en'],
    ['おはようございます、世界', 'ja'],
    ['좋은 아침', 'ko'],
    ['佢哋冇嚟過', 'yue'],
    ['我用 Python 写', 'zh'],
    ['你好 안녕', 'auto'],
    ['Доброе утро', 'auto'],
    ['2026', 'zh'],
  ])('"%s" is %s', async (text, language) => {
    const { request, heard } = await said(text);
    expect(request!.json).toMatchObject({ text_lang: language, prompt_lang: 'zh' });
    expect(heard.error).toBeUndefined();
  });

  it('a request goes before the settings, and its recording not with their text', async () => {
    const offered = await said('Hello', { referenceAudio: 'b.wav', referenceText: 'Hi.', speed: 1.5 });
    expect(offered.request!.json).toMatchObject({
      ref_audio_path: 'b.wav',
      prompt_text: 'Hi.',
      prompt_lang: 'en',
      speed_factor: 1.5,
    });
    const human = await said('Hello', {
      referenceAudio: 'b.wav',
      extra: { ref_file: 'c.wav', top_k: 5, text: 'something else', path: '/control', voice: 'x' },
    });
    expect(human.request).toMatchObject({ path: '/tts' });
    expect(human.request!.json).toMatchObject({ ref_audio_path: 'c.wav', prompt_text: '', top_k: 5, text: 'Hello' });
    expect(human.request!.json).not.toHaveProperty('ref_file');
    expect(human.request!.json).not.toHaveProperty('voice');
  });

  it('without a recording it says so and asks nobody', async () => {
    const { heard, requests } = await said('Hello', {}, {});
    expect(faultOf(heard).remedy).toContain('--REF_FILE');
    expect(requests).toEqual([]);
    // The server's own name of it does as well.
    const { heard: own } = await said('Hello', { extra: { ref_audio_path: 'a.wav' } }, {});
    expect(own.error).toBeUndefined();
  });

  it('a recording that is not there, as the real server shows it: a 200 that breaks off', async () => {
    const { heard } = await said('Hello', {}, REFERENCE, { voices: ['other.wav'] });
    const fault = faultOf(heard);
    expect(fault.reason).toContain('cut off its answer before any sound');
    expect(fault.remedy).toContain('--REF_FILE');
  });

  it('a language that it does not have, in its own words', async () => {
    const fault = faultOf((await said('Hello', { extra: { text_lang: 'xx' } })).heard);
    expect(fault.reason).toContain('400, text_lang: xx is not supported in version v2');
    expect(fault.ofRequest).toBe(true);
  });

  it('pieces that are whole files, and raw samples', async () => {
    expectSame((await said('Hello', {}, REFERENCE, { as: 'pieces' })).heard, tone(32_000));
    const raw = await said('Hello', { extra: { media_type: 'raw' } });
    expectSame(raw.heard, tone(32_000));
    const v4 = { ...REFERENCE, sampleRateHz: 48_000 };
    expectSame(
      (await said('Hello', { extra: { media_type: 'raw' } }, v4, { speech: tone(48_000) })).heard,
      tone(48_000),
    );
  });
});
