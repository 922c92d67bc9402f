import { describe, expect, it } from 'vitest';
import { expectSame, faultOf, hear, keepsTheVoiceContract } from '../../../../testing/voice-contract';
import { startVoiceServer, tone, type VoiceServer, type VoiceServerOptions } from '../../../../testing/voice-servers';
import { FishTts } from './fishtts';
import type { HttpVoiceOptions } from './http-audio';
import type { TtsOptions } from './tts';

const signal = () => AbortSignal.timeout(20_000);

async function withVoice(
  settings: HttpVoiceOptions,
  serverOptions: VoiceServerOptions,
  test: (voice: FishTts, server: VoiceServer) => Promise<void>,
) {
  const server = await startVoiceServer('fishtts', serverOptions);
  const voice = new FishTts({ server: server.url, ...settings });
  try {
    await test(voice, server);
  } finally {
    await voice.close();
    await server.close();
  }
}

const say = (voice: FishTts, options: Partial<TtsOptions> = {}) =>
  hear(voice.stream('Hello there.', { signal: signal(), ...options }));

describe('fishtts', () => {
  keepsTheVoiceContract({
    engine: 'fishtts',
    make: (server) => new FishTts({ server, referenceAudio: 'anna' }),
    rateHz: 44_100,
    headerBytes: 0,
  });

  describe('with the header that the format has', () => {
    keepsTheVoiceContract({
      engine: 'fishtts',
      make: (server) => new FishTts({ server, referenceAudio: 'anna' }),
      serverOptions: { as: 'streamed' },
      rateHz: 44_100,
      headerBytes: 44,
    });
  });

  it("asks as the peers' clients do", () =>
    withVoice({ referenceAudio: 'anna' }, {}, async (voice, server) => {
      expectSame(await say(voice), tone(44_100));
      expect(server.requests).toMatchObject([{ method: 'POST', path: '/v1/tts' }]);
      expect(server.requests[0]!.headers['content-type']).toBe('application/json');
      expect(server.requests[0]!.headers).not.toHaveProperty('authorization');
      expect(server.requests[0]!.json).toEqual({
        text: 'Hello there.',
        reference_id: 'anna',
        format: 'wav',
        streaming: true,
        use_memory_cache: 'on',
      });
    }));

  it('a voice, a speed and other keys of a request; text and address stay', () =>
    withVoice({ referenceAudio: 'anna' }, {}, async (voice, server) => {
      await say(voice, { voice: 'bob', speed: 1.2, extra: { top_p: 0.5, text: 'x', server: 'http://x' } });
      expect(server.requests[0]).toMatchObject({ path: '/v1/tts' });
      expect(server.requests[0]!.json).toMatchObject({
        text: 'Hello there.',
        reference_id: 'bob',
        prosody: { speed: 1.2 },
        top_p: 0.5,
      });
      await say(voice, { voice: 'bob', referenceAudio: 'carl' });
      expect(server.requests[1]!.json.reference_id).toBe('carl');
      await say(voice, { referenceAudio: 'carl', extra: { ref_file: 'dora' } });
      expect(server.requests[2]!.json.reference_id).toBe('dora');
    }));

  it("without a reference it is the server's own voice", () =>
    withVoice({}, {}, async (voice, server) => {
      expectSame(await say(voice), tone(44_100));
      expect(server.requests[0]!.json).not.toHaveProperty('reference_id');
    }));

  it('a key goes along, and is in no message', () =>
    withVoice({ apiKey: 'secret-key-1' }, { key: 'secret-key-1' }, async (voice, server) => {
      expectSame(await say(voice), tone(44_100));
      server.script = { fault: { kind: 'status', status: 401, body: { message: 'bad key secret-key-1' } } };
      const fault = faultOf(await say(voice));
      expect(fault.reason).toContain('refused our key (401, bad key ***)');
      expect(fault.message).not.toContain('secret-key-1');
    }));

  it('a key that is not given', () =>
    withVoice({}, { key: 'k' }, async (voice) => {
      const fault = faultOf(await say(voice));
      expect(fault.reason).toContain('wants a key (401, Invalid token)');
      expect(fault.remedy).toContain('HERALD_TTS_API_KEY');
    }));

  it('a reference that it refuses, as the real server shows it: a 200 that breaks off', () =>
    withVoice({ referenceAudio: 'data/ref.wav' }, {}, async (voice) => {
      const fault = faultOf(await say(voice));
      expect(fault.reason).toContain('cut off its answer before any sound');
      expect(fault.remedy).toContain('--REF_FILE');
    }));

  it('a format that it cannot stream, in its own words', () =>
    withVoice({}, {}, async (voice) => {
      const fault = faultOf(await say(voice, { extra: { format: 'mp3' } }));
      expect(fault.reason).toContain('400, Streaming only supports WAV format');
    }));

  it('lists its references; an older server has no list', () =>
    withVoice({}, { voices: ['anna', 'bob'] }, async (voice, server) => {
      expect(await voice.voices(signal())).toEqual([
        { id: 'anna', name: 'anna' },
        { id: 'bob', name: 'bob' },
      ]);
      expect(server.requests[0]!.headers.accept).toBe('application/json');
      const older = new FishTts({ server: `${server.url}/older` });
      expect(await older.voices(signal())).toEqual([]);
      await older.close();
    }));
});
