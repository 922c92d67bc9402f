import { describe, expect, it } from 'vitest';
import { encodeAudio, FILE_KINDS } from '../../../../testing/audio-files';
import { expectSame, faultOf, hear, keepsTheVoiceContract } from '../../../../testing/voice-contract';
import {
  closedPort,
  startVoiceServer,
  tone,
  type VoiceServer,
  type VoiceServerOptions,
} from '../../../../testing/voice-servers';
import type { HttpVoiceOptions } from './http-audio';
import { OpenAiSpeechTts } from './openai-speech';
import type { TtsOptions } from './tts';

const signal = () => AbortSignal.timeout(20_000);

async function withVoice(
  settings: HttpVoiceOptions,
  serverOptions: VoiceServerOptions,
  test: (voice: OpenAiSpeechTts, server: VoiceServer) => Promise<void>,
) {
  const server = await startVoiceServer('openai', serverOptions);
  const voice = new OpenAiSpeechTts({ server: server.url, ...settings });
  try {
    await test(voice, server);
  } finally {
    await voice.close();
    await server.close();
  }
}

const say = (voice: OpenAiSpeechTts, options: Partial<TtsOptions> = {}) =>
  hear(voice.stream('Hello there.', { signal: signal(), ...options }));

describe('openai', () => {
  keepsTheVoiceContract({
    engine: 'openai',
    make: (server) => new OpenAiSpeechTts({ server }),
    rateHz: 24_000,
    headerBytes: 0,
  });

  it('asks for bare samples', () =>
    withVoice({ apiKey: 'sk-test-1' }, { key: 'sk-test-1' }, async (voice, server) => {
      expectSame(await say(voice), tone(24_000));
      expect(server.requests).toMatchObject([{ method: 'POST', path: '/v1/audio/speech' }]);
      expect(server.requests[0]!.headers).toMatchObject({
        authorization: 'Bearer sk-test-1',
        'content-type': 'application/json',
      });
      expect(server.requests[0]!.json).toEqual({
        model: 'tts-1',
        voice: 'alloy',
        input: 'Hello there.',
        response_format: 'pcm',
      });
    }));

  it.each(['', '/', '/v1', '/v1/', '/v1/audio/speech'])('an address that ends in "%s"', (end) =>
    withVoice({}, {}, async (_voice, server) => {
      const voice = new OpenAiSpeechTts({ server: server.url + end });
      expectSame(await say(voice), tone(24_000));
      await voice.close();
      expect(server.requests[0]!.path).toBe('/v1/audio/speech');
    }),
  );

  it('model, voice, speed and other keys; text and address stay', () =>
    withVoice({ model: 'gpt-4o-mini-tts', voice: 'nova' }, {}, async (voice, server) => {
      await say(voice);
      expect(server.requests[0]!.json).toMatchObject({ model: 'gpt-4o-mini-tts', voice: 'nova' });
      const extra = { instructions: 'whisper', stream: true, input: 'other', ref_file: 'x' };
      await say(voice, { voice: 'echo', speed: 0.8, extra });
      expect(server.requests[1]).toMatchObject({ path: '/v1/audio/speech' });
      expect(server.requests[1]!.json).toEqual({
        model: 'gpt-4o-mini-tts',
        voice: 'echo',
        input: 'Hello there.',
        response_format: 'pcm',
        speed: 0.8,
        instructions: 'whisper',
        stream: true,
      });
    }));

  it.each(['streamed', 'file'] as const)('a server that answers a WAV (%s) all the same', (as) =>
    withVoice({}, { as, speech: tone(22_050) }, async (voice) => expectSame(await say(voice), tone(22_050))),
  );

  it.each([
    ['mp3', undefined],
    ['mp3', 'audio/mpeg'],
    ['aac', 'audio/aac'],
    ['opus', 'audio/ogg'],
    ['flac', undefined],
  ])('a server that answers %s as %s', async (kind, contentType) => {
    const file = encodeAudio({ kind, samples: 3 * FILE_KINDS[kind]!.rateHz });
    await withVoice({}, { as: 'file', file, contentType: contentType ?? 'audio/pcm' }, async (voice, server) => {
      const heard = await say(voice);
      expect(heard.error).toBeUndefined();
      expect(heard.sampleRateHz).toBe(48_000);
      expect(Math.abs(heard.samples.length - 144_000)).toBeLessThan(3_000);
      const middle = heard.samples.subarray(12_000, 36_000);
      const rms = Math.sqrt(middle.reduce((sum, x) => sum + x * x, 0) / middle.length);
      expect(rms).toBeGreaterThan(0.165);
      expect(rms).toBeLessThan(0.185);

      // The end of a file that breaks off is missing; its beginning is heard.
      server.script = { fault: { kind: 'truncated', afterBytes: Math.round(file.length * 0.6), how: 'reset' } };
      const part = await say(voice);
      expect(part.samples.length).toBeGreaterThan(40_000);
      expect(part.samples.length).toBeLessThan(125_000);
      expect(faultOf(part).reason).toMatch(/cut off its answer after [12]\.\d s of sound/);
      server.script = { fault: { kind: 'truncated', afterBytes: 100, how: 'reset' } };
      expect(faultOf(await say(voice)).reason).toContain('cut off its answer before any sound');
    });
  });

  it('samples that begin like an mp3 are samples', () => {
    const speech = tone(24_000, 200);
    // -1,025 and 100: FF FB 64 00, which is an mp3 header too, but nothing follows where its frame would end.
    speech.samples[0] = -1_025 / 32_768;
    speech.samples[1] = 100 / 32_768;
    return withVoice({}, { speech }, async (voice, server) => {
      expectSame(await say(voice), speech);
      speech.samples = speech.samples.subarray(0, 20);
      expectSame(await say(voice), speech);
      expect(server.requests).toHaveLength(2);
    });
  });

  it('what claims to be mp3 and is not', () =>
    withVoice({}, { contentType: 'audio/mpeg' }, async (voice) => {
      expect(faultOf(await say(voice)).reason).toContain('damaged sound file');
    }));

  it('a page, JSON and events under a false content type', async () => {
    const pages = { '<!doctype html><title>Proxy</title>': 'a web page', '{"error":{"message":"busy"}}': 'JSON' };
    for (const [text, kind] of Object.entries(pages)) {
      await withVoice({}, { as: 'file', contentType: 'audio/pcm', file: Buffer.from(text) }, async (voice) => {
        expect(faultOf(await say(voice)).reason).toContain(`${kind} instead of sound`);
      });
    }
    const events = { as: 'file', contentType: 'text/event-stream', file: Buffer.from('data: {}\n\n') } as const;
    await withVoice({}, events, async (voice) => expect(faultOf(await say(voice)).reason).toContain('events instead'));
  });

  it('a voice that it does not have, in its own words', () =>
    withVoice({ voice: 'nobody' }, {}, async (voice) => {
      const fault = faultOf(await say(voice));
      expect(fault.reason).toContain("turned the request down (400, Input should be 'alloy'");
      expect(fault.ofRequest).toBe(true);
    }));

  it('a wrong key, no credit: what to do, and never the key', () =>
    withVoice({ apiKey: 'sk-wrong-1234567' }, { key: 'sk-right' }, async (voice, server) => {
      const wrong = faultOf(await say(voice));
      expect(wrong.reason).toContain('refused our key (401, Incorrect API key provided: ***');
      expect(JSON.stringify(wrong) + wrong.message + wrong.stack).not.toContain('1234567');
      expect(wrong.remedy).toContain('HERALD_TTS_API_KEY');

      const paid = new OpenAiSpeechTts({ server: server.url, apiKey: 'sk-right' });
      server.script = {
        fault: { kind: 'status', status: 429, body: { error: { message: 'You exceeded your current quota.' } } },
      };
      expect(faultOf(await say(paid))).toMatchObject({ remedy: 'Top up the account.', retrySafe: false });
      await paid.close();
    }));

  it('an address with a user name and a password shows neither', async () => {
    const server = (await closedPort()).replace('http://', 'http://lin:hunter2@');
    const voice = new OpenAiSpeechTts({ server });
    const fault = faultOf(await say(voice));
    expect(fault.message).not.toMatch(/lin|hunter2/);
    await voice.close();
  });

  it("lists the server's voices, what Kokoro's names tell with them", () =>
    withVoice({}, { voices: ['af_bella', 'zm_yunxi', 'custom'] }, async (voice) => {
      expect(await voice.voices(signal())).toEqual([
        { id: 'af_bella', name: 'af_bella', language: 'en-US', gender: 'female' },
        { id: 'zm_yunxi', name: 'zm_yunxi', language: 'zh-CN', gender: 'male' },
        { id: 'custom', name: 'custom' },
      ]);
    }));

  it("without a list, OpenAI's own names; api.openai.com is not asked", async () => {
    await withVoice({}, {}, async (voice) => {
      expect((await voice.voices(signal())).map(({ id }) => id)).toContain('shimmer');
    });
    const openai = new OpenAiSpeechTts({ model: 'gpt-4o-mini-tts' });
    expect((await openai.voices(AbortSignal.abort())).map(({ id }) => id)).toContain('marin');
    await openai.close();
  });

  it('a server that is down has no voices to tell', async () => {
    const voice = new OpenAiSpeechTts({ server: await closedPort() });
    await expect(voice.voices(signal())).rejects.toThrow('refused the connection');
    await voice.close();
  });
});
