import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectSame, faultOf, hear, keepsTheVoiceContract } from '../../../../testing/voice-contract';
import { startVoiceServer, tone, type VoiceServerOptions, wavFile } from '../../../../testing/voice-servers';
import { CosyVoiceTts } from './cosyvoice';
import type { HttpVoiceOptions } from './http-audio';
import type { TtsOptions } from './tts';

const recording = wavFile(tone(16_000, 100));
let folder: string;
let referenceAudio: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'herald-cosyvoice-'));
  referenceAudio = join(folder, '林.wav');
  writeFileSync(referenceAudio, recording);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function said(
  texts: string[],
  settings: HttpVoiceOptions = {},
  options: Partial<TtsOptions> = {},
  serverOptions: VoiceServerOptions = {},
) {
  const server = await startVoiceServer('cosyvoice', serverOptions);
  const voice = new CosyVoiceTts({ server: server.url, ...settings });
  const heard = [];
  for (const text of texts)
    heard.push(await hear(voice.stream(text, { signal: AbortSignal.timeout(20_000), ...options })));
  await voice.close();
  await server.close();
  return { heard, first: heard[0]!, requests: server.requests };
}

describe('cosyvoice', () => {
  keepsTheVoiceContract({
    engine: 'cosyvoice',
    make: (server) => new CosyVoiceTts({ server }),
    rateHz: 24_000,
    headerBytes: 0,
  });

  it("copies a recording as the peers' clients ask for it: a form with GET", async () => {
    const { first, requests } = await said(['你好。'], { referenceAudio, referenceText: '我是主持人。' });
    expectSame(first, tone(24_000));
    expect(requests).toMatchObject([
      {
        method: 'GET',
        path: '/inference_zero_shot',
        fields: { tts_text: '你好。', prompt_text: '我是主持人。' },
        files: { prompt_wav: { name: '林.wav', type: 'application/octet-stream', bytes: recording } },
      },
    ]);
    expect(requests[0]!.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(requests[0]!.headers['content-length']).toBe(`${requests[0]!.body.length}`);
  });

  it('a recording without its text is copied across languages, for an empty field counts as missing', async () => {
    const { first, requests } = await said(['Hello.'], { referenceAudio });
    expectSame(first, tone(24_000));
    expect(requests[0]).toMatchObject({ path: '/inference_cross_lingual', fields: { tts_text: 'Hello.' } });
    expect(requests[0]!.fields).not.toHaveProperty('prompt_text');
  });

  it('speaks as one of its own speakers where there is no recording', async () => {
    const { requests, first } = await said(['Hello & goodbye = 你好']);
    expectSame(first, tone(24_000));
    expect(requests[0]).toMatchObject({
      method: 'GET',
      path: '/inference_sft',
      headers: { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' },
      fields: { tts_text: 'Hello & goodbye = 你好', spk_id: '中文女' },
    });
    expect((await said(['Hi'], { voice: '英文女' })).requests[0]!.fields.spk_id).toBe('英文女');
    const asked = await said(['Hi'], { referenceAudio, voice: '英文女' }, { voice: '中文男' });
    expect(asked.requests[0]!.fields.spk_id).toBe('中文男');
  });

  it.each([
    [['POST'], ['GET', 'POST', 'POST']],
    [['GET'], ['GET', 'GET']],
  ])('a server that takes %j only is asked %j', async (methods, asked) => {
    const { heard, requests } = await said(['One.', 'Two.'], { referenceAudio, referenceText: 'x' }, {}, { methods });
    for (const one of heard) expectSame(one, tone(24_000));
    expect(requests.map(({ method }) => method)).toEqual(asked);
    for (const { files } of requests) expect(files.prompt_wav!.bytes).toEqual(recording);
  });

  it('a path that takes neither', async () => {
    const { first, requests } = await said(['One.'], {}, {}, { methods: [] });
    expect(faultOf(first).reason).toContain('does not offer what was asked (405');
    expect(requests).toHaveLength(2);
  });

  it('extra keys go into the form; text and address stay', async () => {
    const extra = { speed: 3, seed: 7, tts_text: 'other', nested: { a: 1 }, ref_text: 'hm' };
    const { requests } = await said(['Hi'], { referenceAudio }, { extra });
    expect(requests[0]).toMatchObject({ path: '/inference_zero_shot' });
    expect(requests[0]!.fields).toEqual({ tts_text: 'Hi', prompt_text: 'hm', seed: '7', nested: '{"a":1}' });
  });

  it('CosyVoice 1 makes 22,050 Hz, which a setting tells', async () => {
    const speech = tone(22_050);
    expectSame((await said(['Hi'], { sampleRateHz: 22_050 }, {}, { speech })).first, speech);
  });

  it('a server that says its rate, or sends a WAV, is believed', async () => {
    const speech = tone(22_050);
    expectSame((await said(['Hi'], {}, {}, { speech, contentType: 'audio/pcm; rate=22050' })).first, speech);
    expectSame((await said(['Hi'], {}, {}, { speech, as: 'streamed' })).first, speech);
  });

  it('a speaker that it does not have, as the real server shows it: a 200 that breaks off', async () => {
    const fault = faultOf((await said(['Hi'], { voice: 'nobody' })).first);
    expect(fault.reason).toContain('cut off its answer before any sound');
    expect(fault.remedy).toContain('speaker');
  });

  it('a recording that a request names is one of the voices folder', async () => {
    const outside = await said(['Hi'], { voicesDir: join(folder, 'voices') }, { referenceAudio });
    expect(faultOf(outside.first).ofRequest).toBe(true);
    expect(outside.requests).toEqual([]);
    const inside = await said(['Hi'], { voicesDir: folder }, { referenceAudio: '林.wav', referenceText: 'x' });
    expectSame(inside.first, tone(24_000));
    expect(inside.requests[0]!.path).toBe('/inference_zero_shot');
  });
});
