import { describe, expect, it } from 'vitest';
import { TENCENT } from '../../../../testing/voice-cloud-servers';
import { expectSame, faultOf, hear, keepsTheVoiceContract } from '../../../../testing/voice-contract';
import { startVoiceServer, tone, type VoiceServer, type VoiceServerOptions } from '../../../../testing/voice-servers';
import { signatureOf, type TencentOptions, TencentTts } from './tencent';
import type { TtsOptions } from './tts';

async function withVoice(
  settings: TencentOptions,
  serverOptions: VoiceServerOptions,
  test: (voice: TencentTts, server: VoiceServer) => Promise<void>,
) {
  const server = await startVoiceServer('tencent', serverOptions);
  const voice = new TencentTts({ server: server.url, ...TENCENT, ...settings });
  try {
    await test(voice, server);
  } finally {
    await voice.close();
    await server.close();
  }
}

const say = (voice: TencentTts, options: Partial<TtsOptions> = {}) =>
  hear(voice.stream('你好, hello & goodbye = 再见?', { signal: AbortSignal.timeout(20_000), ...options }));

describe('tencent', () => {
  keepsTheVoiceContract({
    engine: 'tencent',
    make: (server) => new TencentTts({ server, ...TENCENT }),
    rateHz: 16_000,
    headerBytes: 0,
    keyName: 'TENCENT_SECRET_KEY',
  });

  it('signs as the service checks it, and never sends the key that signs', () =>
    withVoice({}, {}, async (voice, server) => {
      expectSame(await say(voice), tone(16_000));
      const [request] = server.requests as [(typeof server.requests)[0]];
      expect(request.json).toMatchObject({
        Action: 'TextToStreamAudio',
        AppId: 1_250_000_000,
        VoiceType: 101_001,
        Codec: 'pcm',
        SampleRate: 16_000,
        Speed: 0,
        Text: '你好, hello & goodbye = 再见?',
      });
      expect(JSON.stringify([request.headers, request.json])).not.toContain(TENCENT.secretKey);
    }));

  it('the signature of a known request', () => {
    // Worked out by hand with: printf %s 'POSTtts.cloud.tencent.com/stream?A=1&B=x y' | openssl dgst -sha1 -hmac key -binary | base64
    expect(signatureOf({ B: 'x y', A: 1 }, 'key')).toBe('eJCPrkvFulp9sWARQkKg4i1NPlQ=');
  });

  it('voice, speed, rate and other plain keys of a request', () =>
    withVoice({ referenceAudio: '101002', sampleRateHz: 24_000 }, {}, async (voice, server) => {
      expectSame(await say(voice), tone(24_000));
      const extra = { EmotionCategory: 'happy', Text: 'x', SecretId: 'y', nested: { a: 1 } };
      expectSame(await say(voice, { voice: '101001', speed: 1.35, extra }), tone(24_000));
      for (const speed of [0.5, 0.7, 2]) await say(voice, { speed });
      const sent = server.requests.map(({ json }) => json);
      expect(sent[0]).toMatchObject({ VoiceType: 101_002, Speed: 0, SampleRate: 24_000 });
      expect(sent[1]).toMatchObject({
        VoiceType: 101_001,
        Speed: 1.5,
        EmotionCategory: 'happy',
        SecretId: TENCENT.secretId,
      });
      expect(sent[1]).not.toHaveProperty('nested');
      expect(sent.slice(2).map(({ Speed }) => Speed)).toEqual([-2, -1.5, 4]);
    }));

  it('a voice that it has not, and what cannot be one', () =>
    withVoice({}, {}, async (voice, server) => {
      const unknown = faultOf(await say(voice, { voice: '999' }));
      expect(unknown.reason).toContain('400, InvalidParameterValue.VoiceType: VoiceType 999 is invalid');
      expect(unknown).toMatchObject({ ofRequest: true, retrySafe: false });
      const asked = server.requests.length;
      expect(faultOf(await say(voice, { voice: 'Cherry' }))).toMatchObject({ ofRequest: true });
      expect(server.requests.length).toBe(asked);
    }));

  it('keys that it refuses, with status 200', () =>
    withVoice({ secretKey: 'wrong-secret-key' }, {}, async (voice) => {
      const fault = faultOf(await say(voice));
      expect(fault.reason).toContain('refused our key (401, AuthFailure.SignatureFailure');
      expect(fault.remedy).toContain('TENCENT_SECRET_KEY');
      expect(fault.message).not.toContain('wrong-secret-key');
    }));

  it.each([
    ['RequestLimitExceeded', 'is asked too often', false],
    ['UnsupportedOperation.PkgExhausted', 'has no credit left', false],
    ['InternalError.FailAccessDataBase', 'failed (500', true],
  ])('%s, whatever the content type says', (Code, reason, retrySafe) =>
    withVoice({}, {}, async (voice, server) => {
      const body = { Response: { Error: { Code, Message: 'no' }, RequestId: 'r' } };
      server.script = { fault: { kind: 'json', body } };
      expect(faultOf(await say(voice))).toMatchObject({ reason: expect.stringContaining(reason), retrySafe });
      const bytes = Buffer.from(JSON.stringify(body));
      const bare = await startVoiceServer('tencent', { as: 'file', file: bytes });
      const other = new TencentTts({ server: bare.url, ...TENCENT });
      expect(faultOf(await say(other)).reason).toContain(reason);
      await other.close();
      await bare.close();
    }),
  );

  it('without its keys nobody is asked', async () => {
    const voice = new TencentTts({ secretId: 'x' });
    expect(faultOf(await say(voice)).remedy).toContain('TENCENT_APPID');
    await voice.close();
  });
});
