import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectSame, faultOf, hear, keepsTheVoiceContract, until } from '../../../../testing/voice-contract';
import { startVoiceServer, tone, type VoiceServer, wavFile, xttsSpeaker } from '../../../../testing/voice-servers';
import type { HttpVoiceOptions } from './http-audio';
import type { TtsOptions } from './tts';
import { XttsTts } from './xtts';

const recording = wavFile(tone(16_000, 100));
const speaker = xttsSpeaker(recording.length);
let folder: string;
let referenceAudio: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'herald-xtts-'));
  referenceAudio = join(folder, 'lin.wav');
  writeFileSync(referenceAudio, recording);
});
afterAll(() => rmSync(folder, { recursive: true }));

const signal = () => AbortSignal.timeout(20_000);

async function withVoice(
  settings: HttpVoiceOptions,
  test: (
    server: VoiceServer,
    say: (text: string, options?: Partial<TtsOptions>) => ReturnType<typeof hear>,
    voice: XttsTts,
  ) => Promise<void>,
  serverOptions = {},
) {
  const server = await startVoiceServer('xtts', serverOptions);
  const voice = new XttsTts({ server: server.url, ...settings });
  try {
    await test(server, (text, options) => hear(voice.stream(text, { signal: signal(), ...options })), voice);
  } finally {
    await voice.close();
    await server.close();
  }
}

const paths = (server: VoiceServer) => server.requests.map(({ method, path }) => `${method} ${path}`);

describe('xtts', () => {
  keepsTheVoiceContract({ engine: 'xtts', make: (server) => new XttsTts({ server }), rateHz: 24_000, headerBytes: 44 });

  it('uploads the recording once, and sends what it gave with every sentence', () =>
    withVoice({ referenceAudio }, async (server, say) => {
      expectSame(await say('Good morning.'), tone(24_000));
      expectSame(await say('早上好。'), tone(24_000));
      expect(paths(server)).toEqual(['POST /clone_speaker', 'POST /tts_stream', 'POST /tts_stream']);
      expect(server.requests[0]!.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
      expect(server.requests[0]!.files).toEqual({
        wav_file: { name: 'reference.wav', type: 'audio/wav', bytes: recording },
      });
      expect(server.requests[1]!.json).toEqual({
        ...speaker,
        text: 'Good morning.',
        language: 'en',
        stream_chunk_size: '20',
      });
      expect(server.requests[2]!.json).toMatchObject({ text: '早上好。', language: 'zh-cn' });
    }));

  it.each([
    ['おはよう世界', 'ja'],
    ['좋은 아침', 'ko'],
    ['Доброе утро', 'ru'],
    ['佢哋冇嚟過', 'zh-cn'],
    ['ฉันรักคุณ', 'en'],
    ['2026', 'en'],
  ])('"%s" is %s', (text, language) =>
    withVoice({}, async (server, say) => {
      expect((await say(text)).error).toBeUndefined();
      expect(server.requests.at(-1)!.json.language).toBe(language);
    }),
  );

  it('extra keys reach the request, its text and its address stay', () =>
    withVoice({ referenceAudio }, async (server, say) => {
      const extra = { language: 'fr', add_wav_header: false, text: 'other', path: '/other' };
      expectSame(await say('Bonjour', { extra }), tone(24_000));
      expect(server.requests.at(-1)).toMatchObject({
        path: '/tts_stream',
        json: { text: 'Bonjour', language: 'fr', add_wav_header: false },
      });
    }));

  it('two sentences at once share one upload, and an interrupted one does not undo it', () =>
    withVoice({ referenceAudio }, async (server, say) => {
      const stop = new AbortController();
      const reason = new Error('interrupted');
      const interrupted = say('One.', { signal: stop.signal });
      const second = say('Two.');
      await until(() => server.requests.length > 0);
      stop.abort(reason);
      expect((await interrupted).error).toBe(reason);
      expectSame(await second, tone(24_000));
      expect(paths(server).filter((path) => path.includes('clone'))).toHaveLength(1);
    }));

  it('a recording that could not be cloned is sent again; a changed one as well', () =>
    withVoice({ referenceAudio: join(folder, 'changing.wav') }, async (server, say) => {
      expect(faultOf(await say('Hello')).reason).toContain('there is no recording "changing.wav"');
      writeFileSync(join(folder, 'changing.wav'), 'not a wav');
      expect(faultOf(await say('Hello'))).toMatchObject({ retrySafe: true });
      expect(faultOf(await say('Hello')).reason).toContain('failed (500, Internal Server Error)');
      writeFileSync(join(folder, 'changing.wav'), recording);
      expectSame(await say('Hello'), tone(24_000));
      expect(paths(server)).toEqual([
        'POST /clone_speaker',
        'POST /clone_speaker',
        'POST /clone_speaker',
        'POST /tts_stream',
      ]);
    }));

  it('without a recording it speaks as the first of the built-in speakers, asked for once', () =>
    withVoice({}, async (server, say) => {
      expectSame(await say('Hello'), tone(24_000));
      expectSame(await say('Hello again'), tone(24_000));
      expect(paths(server)).toEqual(['GET /studio_speakers', 'POST /tts_stream', 'POST /tts_stream']);
      expect(server.requests[1]!.json).toMatchObject(xttsSpeaker(0));
    }));

  it('speaks as the one that is named, which a request may do in spite of the recording', () =>
    withVoice({ referenceAudio, voice: 'Daisy Studious' }, async (server, say) => {
      expectSame(await say('Hello', { voice: 'ana florence' }), tone(24_000));
      expect(server.requests.at(-1)!.json).toMatchObject(xttsSpeaker(2));
      expectSame(await say('Hello'), tone(24_000));
      expect(server.requests.at(-1)!.json).toMatchObject(speaker);
    }));

  it('a name that it does not have', () =>
    withVoice({}, async (_server, say) => {
      const fault = faultOf(await say('Hello', { voice: 'Nobody' }));
      expect(fault.reason).toContain('has no speaker "Nobody"');
      expect(fault.remedy).toBe('Choose one of its 3 voices, e.g. Claribel Dervla, Daisy Studious, Ana Florence.');
      expect(fault.ofRequest).toBe(true);
    }));

  it('a model without built-in speakers wants a recording', () =>
    withVoice({}, async (_server, say) => expect(faultOf(await say('Hello')).remedy).toContain('--REF_FILE'), {
      voices: [],
    }));

  it('lists its speakers', () =>
    withVoice({}, async (_server, _say, voice) => {
      const names = ['Claribel Dervla', 'Daisy Studious', 'Ana Florence'];
      expect(await voice.voices(signal())).toEqual(names.map((id) => ({ id, name: id })));
      expect(await voice.voices(signal())).toHaveLength(3);
    }));

  it('a request names recordings of the voices folder only', () =>
    withVoice({ referenceAudio, voicesDir: folder }, async (server, say) => {
      writeFileSync(join(folder, 'other.wav'), wavFile(tone(16_000, 50)));
      expectSame(await say('Hello', { referenceAudio: 'other.wav' }), tone(24_000));
      expect(server.requests[0]!.files.wav_file!.bytes).toEqual(wavFile(tone(16_000, 50)));
      for (const name of [
        '/etc/passwd',
        '../lin.wav',
        referenceAudio.replace('lin', 'other'),
        'nobody.wav',
        '.lin.wav',
      ]) {
        const asked = server.requests.length;
        const fault = faultOf(await say('Hello', { referenceAudio: name }));
        expect(fault.remedy).toContain('voices folder');
        expect(fault.ofRequest).toBe(true);
        expect(server.requests.length).toBe(asked);
      }
    }));
});
