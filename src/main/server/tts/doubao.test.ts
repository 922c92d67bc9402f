import { describe, expect, it } from 'vitest';
import { expectSame, faultOf, hear } from '../../../../testing/voice-contract';
import { tone } from '../../../../testing/voice-servers';
import { keepsTheSocketContract } from '../../../../testing/voice-socket-contract';
import { type SocketServerOptions, VoiceSocketServer } from '../../../../testing/voice-socket-server';
import { type DoubaoOptions, DoubaoTts } from './doubao';
import { readFrame } from './doubao-frames';
import type { TtsOptions } from './tts';

const ACCOUNT = { apiKey: 'doubao-token', appId: '1234567890' };

async function withVoice(
  settings: DoubaoOptions,
  serverOptions: SocketServerOptions,
  test: (voice: DoubaoTts, server: VoiceSocketServer) => Promise<void>,
) {
  const server = await VoiceSocketServer.start('doubao', serverOptions);
  const voice = new DoubaoTts({ server: server.url, ...ACCOUNT, ...settings });
  try {
    await test(voice, server);
  } finally {
    await voice.close();
    await server.close();
  }
}

const say = (voice: DoubaoTts, options: Partial<TtsOptions> = {}, text = '你好。') =>
  hear(voice.stream(text, { signal: AbortSignal.timeout(20_000), ...options }));

describe('doubao', () => {
  keepsTheSocketContract({
    engine: 'doubao',
    make: (server) => new DoubaoTts({ server, ...ACCOUNT }),
    keyName: 'DOUBAO_TOKEN',
  });

  it('asks as the document says, the token in the header only', () =>
    withVoice({}, {}, async (voice, server) => {
      expectSame(await say(voice), tone(24_000));
      expect(server.upgrades[0]!.headers.authorization).toBe('Bearer;doubao-token');
      expect(server.requests[0]).toMatchObject({
        app: { appid: '1234567890', cluster: 'volcano_tts' },
        audio: { voice_type: 'BV001_streaming', encoding: 'pcm', rate: 24_000 },
        request: { text: '你好。', text_type: 'plain', operation: 'submit' },
      });
      expect(JSON.stringify(server.requests)).not.toContain('doubao-token');
    }));

  it('each request has a number of its own', () =>
    withVoice({}, {}, async (voice, server) => {
      for (let i = 0; i < 3; i++) await say(voice);
      const ids = server.requests.map(({ request }) => (request as { reqid: string }).reqid);
      expect(new Set(ids).size).toBe(3);
    }));

  it('voice, speed, pitch, rate and other keys of a request; clones have a cluster of their own', () =>
    withVoice(
      { voice: 'BV700_streaming', sampleRateHz: 16_000 },
      { voices: ['BV700_streaming', 'S_me'], speech: tone(16_000) },
      async (voice, server) => {
        expectSame(await say(voice, { speed: 1.254, pitchSemitones: 12 }), tone(16_000));
        expectSame(
          await say(voice, { referenceAudio: 'S_me', extra: { emotion: 'happy', voice_type: 'x' } }),
          tone(16_000),
        );
        const [first, second] = server.requests as [Record<string, object>, Record<string, object>];
        expect(first.audio).toMatchObject({
          voice_type: 'BV700_streaming',
          rate: 16_000,
          speed_ratio: 1.25,
          pitch_ratio: 2,
        });
        expect(second).toMatchObject({
          app: { cluster: 'volcano_icl' },
          audio: { voice_type: 'S_me', emotion: 'happy' },
        });
        expect(second.audio).not.toHaveProperty('speed_ratio');
      },
    ));

  it('a voice that it has not', () =>
    withVoice({}, {}, async (voice) => {
      const fault = faultOf(await say(voice, { voice: 'nobody' }));
      expect(fault.reason).toContain('turned the request down (400, 3050: voice nobody not found)');
      expect(fault).toMatchObject({ ofRequest: true, retrySafe: false });
    }));

  it.each([
    ['quota exceeded for types: concurrency', 'is asked too often (429'],
    ['quota exceeded for types: xyz_lifetime', 'has no credit left for us (402'],
  ])('%s', (words, reason) =>
    withVoice({}, {}, async (voice) => {
      expect(faultOf(await say(voice, {}, words)).reason).toContain(reason);
    }),
  );

  it('a token that it refuses is in no message', () =>
    withVoice({ apiKey: 'wrong-token-123' }, {}, async (voice) => {
      const fault = faultOf(await say(voice));
      expect(fault.reason).toContain('refused our key (401, authenticate request: token *** is invalid)');
      expect(fault.message).not.toContain('wrong-token-123');
    }));

  it('without its account nobody is asked', async () => {
    const voice = new DoubaoTts({ apiKey: 'x' });
    expect(faultOf(await say(voice)).remedy).toContain('DOUBAO_APPID');
    await voice.close();
  });
});

describe('frames', () => {
  const refusal = (zip: number, words: Buffer) =>
    readFrame(Buffer.concat([Buffer.from([0x11, 0xf0, zip, 0, 0, 0, 0x0b, 0xea, 0, 0, 0, words.length]), words]));

  it('refusals in plain words, and zipped ones that are damaged', () => {
    expect(refusal(0x10, Buffer.from('{"message":"no"}'))).toEqual({ kind: 'refusal', code: 3050, message: 'no' });
    expect(refusal(0x11, Buffer.from('not zipped'))).toEqual({ kind: 'refusal', code: 3050, message: '' });
  });

  it.each([
    ['a header alone', [0x11, 0xb1, 0, 0]],
    ['a size that is not that of the sound', [0x11, 0xb1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 9, 1, 2]],
    ['a refusal without a code', [0x11, 0xf0, 0, 0, 1]],
    ['another version', [0x21, 0xb1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]],
  ])('%s is damaged', (_, bytes) => {
    expect(readFrame(Buffer.from(bytes))).toEqual({ kind: 'damaged' });
  });
});
