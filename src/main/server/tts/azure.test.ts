import { describe, expect, it } from 'vitest';
import { expectSame, faultOf, hear, keepsTheVoiceContract } from '../../../../testing/voice-contract';
import { startVoiceServer, tone, type VoiceServer, type VoiceServerOptions } from '../../../../testing/voice-servers';
import { type AzureOptions, AzureTts } from './azure';
import type { TtsOptions } from './tts';

const KEY = 'azure-key-0123456789';
const signal = () => AbortSignal.timeout(20_000);

async function withVoice(
  settings: AzureOptions,
  serverOptions: VoiceServerOptions,
  test: (voice: AzureTts, server: VoiceServer) => Promise<void>,
) {
  const server = await startVoiceServer('azure', serverOptions);
  const voice = new AzureTts({ server: server.url, ...settings });
  try {
    await test(voice, server);
  } finally {
    await voice.close();
    await server.close();
  }
}

const say = (voice: AzureTts, options: Partial<TtsOptions> = {}, text = 'Hello there.') =>
  hear(voice.stream(text, { signal: signal(), ...options }));

describe('azure', () => {
  keepsTheVoiceContract({
    engine: 'azure',
    make: (server) => new AzureTts({ server }),
    rateHz: 24_000,
    headerBytes: 0,
    keyName: 'AZURE_SPEECH_KEY',
  });

  it('sends SSML with the key in its header, and hears bare samples', () =>
    withVoice({ apiKey: KEY }, { key: KEY }, async (voice, server) => {
      expectSame(await say(voice, {}, 'R&D <b>“你好”</b>\u0007'), tone(24_000));
      const [{ headers, body }] = server.requests as [(typeof server.requests)[0]];
      expect(headers['ocp-apim-subscription-key']).toBe(KEY);
      expect(headers).not.toHaveProperty('authorization');
      expect(body.toString()).toContain('<voice name="zh-CN-XiaoxiaoMultilingualNeural">');
      expect(body.toString()).toContain('<prosody rate="+0%" pitch="+0%">R&amp;D &lt;b&gt;“你好”&lt;/b&gt;<');
    }));

  it('voice, speed and pitch of the request go before those of the settings', () =>
    withVoice({ referenceAudio: 'en-US-AndrewNeural' }, {}, async (voice, server) => {
      await say(voice);
      await say(voice, { voice: 'zh-CN-XiaoxiaoMultilingualNeural', speed: 1.25, pitchSemitones: 12 });
      await say(voice, { extra: { ref_file: 'zh-CN-XiaoxiaoMultilingualNeural' } });
      const bodies = server.requests.map(({ body }) => body.toString());
      expect(bodies[0]).toMatch(/xml:lang="en-US".*name="en-US-AndrewNeural"/);
      expect(bodies[1]).toMatch(/xml:lang="zh-CN".*Xiaoxiao.*rate="\+25%" pitch="\+100%"/);
      expect(bodies[2]).toMatch(/Xiaoxiao/);
    }));

  it('an unknown voice is the fault of the request, and what is no name cannot leave its attribute', () =>
    withVoice({}, {}, async (voice) => {
      const fault = faultOf(await say(voice, { voice: 'zh-CN-NobodyNeural' }));
      expect(fault.reason).toContain('400, Unsupported voice zh-CN-NobodyNeural');
      expect(fault).toMatchObject({ ofRequest: true, retrySafe: false });
      expect(faultOf(await say(voice, { voice: '"><break/>' })).reason).toContain('400, Unsupported voice &quot;&gt;');
    }));

  it('a key that is refused', () =>
    withVoice({ apiKey: 'wrong-key-0123' }, { key: KEY }, async (voice) => {
      const fault = faultOf(await say(voice));
      expect(fault.reason).toContain('refused our key (401)');
      expect(fault.remedy).toContain('AZURE_SPEECH_KEY');
    }));

  it('a key that the service repeats is in no message', () =>
    withVoice({ apiKey: KEY }, { key: KEY }, async (voice, server) => {
      server.script = { fault: { kind: 'status', status: 403, body: { message: `${KEY} is not for this region` } } };
      expect(faultOf(await say(voice)).reason).toContain('403, *** is not for this region');
    }));

  it('lists the voices of the region, and nothing where the list is none', () =>
    withVoice({}, {}, async (voice) => {
      expect(await voice.voices(signal())).toEqual([
        { id: 'zh-CN-XiaoxiaoMultilingualNeural', name: 'Xiaoxiao', language: 'zh-CN', gender: 'female' },
        { id: 'en-US-AndrewNeural', name: 'Andrew', language: 'en-US', gender: 'male' },
      ]);
    }));

  it('takes a whole address, too', () =>
    withVoice({}, {}, async (_, server) => {
      const voice = new AzureTts({ server: `${server.url}/cognitiveservices/v1` });
      expectSame(await say(voice), tone(24_000));
      expect(await voice.voices(signal())).toHaveLength(2);
      await voice.close();
    }));

  it.each<[AzureOptions, RegExp, RegExp]>([
    [{}, /no key/, /AZURE_SPEECH_KEY/],
    [{ apiKey: KEY }, /no region/, /AZURE_TTS_REGION/],
  ])('without %j nobody is asked', async (settings, reason, remedy) => {
    const voice = new AzureTts(settings);
    const fault = faultOf(await say(voice));
    expect(fault.reason).toMatch(reason);
    expect(fault.remedy).toMatch(remedy);
    await expect(voice.voices(signal())).rejects.toThrow(reason);
    await voice.close();
  });
});
