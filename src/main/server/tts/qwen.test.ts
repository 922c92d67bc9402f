import { describe, expect, it } from 'vitest';
import { expectSame, faultOf, hear } from '../../../../testing/voice-contract';
import { tone } from '../../../../testing/voice-servers';
import { keepsTheSocketContract } from '../../../../testing/voice-socket-contract';
import { type SocketServerOptions, VoiceSocketServer } from '../../../../testing/voice-socket-server';
import type { HttpVoiceOptions } from './http-audio';
import { QwenTts } from './qwen';
import type { TtsOptions } from './tts';

const KEY = 'sk-qwen-0123456789';

async function withVoice(
  settings: HttpVoiceOptions,
  serverOptions: SocketServerOptions,
  test: (voice: QwenTts, server: VoiceSocketServer) => Promise<void>,
) {
  const server = await VoiceSocketServer.start('qwen', serverOptions);
  const voice = new QwenTts({ server: server.url, apiKey: KEY, ...settings });
  try {
    await test(voice, server);
  } finally {
    await voice.close();
    await server.close();
  }
}

const say = (voice: QwenTts, options: Partial<TtsOptions> = {}, text = '你好。') =>
  hear(voice.stream(text, { signal: AbortSignal.timeout(20_000), ...options }));

describe('qwen', () => {
  keepsTheSocketContract({
    engine: 'qwen',
    make: (server) => new QwenTts({ server }),
    keyName: 'DASHSCOPE_API_KEY',
  });

  it('asks as the document says', () =>
    withVoice({}, { key: KEY }, async (voice, server) => {
      expectSame(await say(voice), tone(24_000));
      expect(server.upgrades[0]).toMatchObject({
        path: '/api-ws/v1/realtime?model=qwen3-tts-flash-realtime',
        headers: { authorization: `Bearer ${KEY}` },
      });
      expect(server.requests).toEqual([
        { voice: 'Cherry', mode: 'commit', language_type: 'Chinese', response_format: 'pcm', sample_rate: 24_000 },
      ]);
      expect(server.texts).toEqual(['你好。']);
    }));

  it('model, voice, speed, pitch and other keys of a request, which cannot change the format', () =>
    withVoice({ model: 'qwen-tts-realtime', referenceAudio: 'Ethan' }, {}, async (voice, server) => {
      const extra = { volume: 70, response_format: 'mp3', mode: 'server_commit' };
      await say(voice, { speed: 1.5, pitchSemitones: -12, extra });
      await say(voice, { voice: 'Cherry' });
      expect(server.upgrades[0]!.path).toContain('model=qwen-tts-realtime');
      expect(server.requests).toMatchObject([
        { voice: 'Ethan', speech_rate: 1.5, pitch_rate: 0.5, volume: 70, response_format: 'pcm', mode: 'commit' },
        { voice: 'Cherry' },
      ]);
      expect(server.requests[1]).not.toHaveProperty('speech_rate');
    }));

  it.each([
    ['你好，世界', 'Chinese'],
    ['今日は天気がいい', 'Japanese'],
    ['안녕하세요', 'Korean'],
    ['Привет', 'Russian'],
    ['Bonjour', 'Auto'],
    ['我用 TypeScript', 'Auto'],
    ['42', 'Auto'],
  ])('%s is %s', (text, language_type) =>
    withVoice({}, {}, async (voice, server) => {
      await say(voice, {}, text);
      expect(server.requests[0]).toMatchObject({ language_type });
    }),
  );

  it('believes the rate that the service confirms, not an impossible one', async () => {
    await withVoice({}, { saysRateHz: 16_000 }, async (voice) => {
      expectSame(await say(voice), { ...tone(24_000), sampleRateHz: 16_000 });
    });
    await withVoice({}, { saysRateHz: 1 }, async (voice) => {
      expect(faultOf(await say(voice)).reason).toContain('impossible sample rate of 1 Hz');
    });
  });

  it('a voice that it has not, and too many requests', () =>
    withVoice({}, {}, async (voice) => {
      const fault = faultOf(await say(voice, { voice: 'nobody' }));
      expect(fault.reason).toContain("turned the request down (400, invalid_value: Voice 'nobody' is not supported)");
      expect(fault).toMatchObject({ ofRequest: true, retrySafe: false });
      expect(faultOf(await say(voice, {}, 'throttle')).reason).toContain(
        'is asked too often (429, Throttling.RateQuota',
      );
    }));

  it('a key that it refuses is in no message, a model that it has not is named', async () => {
    await withVoice({ apiKey: 'wrong-key-0123' }, { key: KEY }, async (voice) => {
      const fault = faultOf(await say(voice));
      expect(fault.reason).toContain('refused our key (401, Incorrect API key provided: ***)');
      expect(fault.message).not.toContain('wrong-key-0123');
    });
    await withVoice({ model: 'qwen-plus' }, {}, async (voice) => {
      expect(faultOf(await say(voice)).remedy).toBe('Correct --tts_model.');
    });
  });

  it('a key that no header can carry is told before anything is sent', () =>
    withVoice({ apiKey: 'clé\n' }, {}, async (voice, server) => {
      const fault = faultOf(await say(voice));
      expect(fault.reason).toContain('characters that no header can');
      expect(fault.remedy).toContain('DASHSCOPE_API_KEY');
      expect(server.upgrades).toEqual([]);
    }));

  it('without a key nobody is asked', async () => {
    const voice = new QwenTts();
    expect(faultOf(await say(voice)).remedy).toBe('Set DASHSCOPE_API_KEY.');
    await voice.close();
  });
});
