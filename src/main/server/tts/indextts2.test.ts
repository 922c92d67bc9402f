import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectSame, faultOf, hear, keepsTheVoiceContract } from '../../../../testing/voice-contract';
import {
  startVoiceServer,
  tone,
  type VoiceServer,
  type VoiceServerOptions,
  wavFile,
} from '../../../../testing/voice-servers';
import type { HttpVoiceOptions } from './http-audio';
import { IndexTts2 } from './indextts2';
import type { TtsOptions } from './tts';

let folder: string;
let referenceAudio: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'herald-indextts2-'));
  referenceAudio = join(folder, 'my voice.wav');
  await writeFile(referenceAudio, wavFile(tone(16_000)));
});
afterAll(() => rm(folder, { recursive: true }));

async function withVoice(
  settings: HttpVoiceOptions,
  serverOptions: VoiceServerOptions,
  test: (voice: IndexTts2, server: VoiceServer) => Promise<void>,
) {
  const server = await startVoiceServer('indextts2', serverOptions);
  const voice = new IndexTts2({ server: server.url, referenceAudio, ...settings });
  try {
    await test(voice, server);
  } finally {
    await voice.close();
    await server.close();
  }
}

const say = (voice: IndexTts2, options: Partial<TtsOptions> = {}) =>
  hear(voice.stream('Hello there.', { signal: AbortSignal.timeout(20_000), ...options }));

describe('indextts2', () => {
  keepsTheVoiceContract({
    engine: 'indextts2',
    make: (server) => new IndexTts2({ server, referenceAudio }),
    rateHz: 22_050,
    headerBytes: 44,
  });

  it('reads the page, uploads the recording and calls the function; then it only calls', () =>
    withVoice({}, {}, async (voice, server) => {
      expectSame(await say(voice), tone(22_050));
      expectSame(await say(voice), tone(22_050));
      expect(server.requests.map(({ method, path }) => `${method} ${path.replace(/_\d+\.wav|\d+$/, '#')}`)).toEqual([
        'GET /gradio_api/info',
        'POST /gradio_api/upload',
        'POST /gradio_api/call/gen_single',
        'GET /gradio_api/call/gen_single/#',
        'GET /gradio_api/file=/tmp/gradio/0123abcd/spk#',
        'POST /gradio_api/call/gen_single',
        'GET /gradio_api/call/gen_single/#',
        'GET /gradio_api/file=/tmp/gradio/0123abcd/spk#',
      ]);
      const { data } = server.requests[2]!.json as { data: unknown[] };
      expect(data.slice(0, 5)).toEqual([
        '与音色参考音频相同',
        {
          path: '/tmp/gradio/0123abcd/my voice.wav',
          orig_name: 'my voice.wav',
          meta: { _type: 'gradio.FileData' },
        },
        'Hello there.',
        null,
        0.65,
      ]);
      expect(data).toHaveLength(24);
      expect(server.requests[1]!.files.files!.bytes.equals(wavFile(tone(16_000)))).toBe(true);
    }));

  it('a request may set numbers and switches of the page, no file and no text', () =>
    withVoice({}, {}, async (voice, server) => {
      const extra = {
        emo_weight: 0.3,
        emo_random: true,
        emo_text: 7,
        emo_ref_path: '/etc/passwd',
        prompt: 'x',
        text: 'y',
      };
      expectSame(await say(voice, { extra }), tone(22_050));
      const { data } = server.requests[2]!.json as { data: unknown[] };
      expect([data[2], data[3], data[4], data[13], data[14]]).toEqual(['Hello there.', null, 0.3, '', true]);
      expect(JSON.stringify(data)).not.toContain('passwd');
    }));

  it('a server that was started anew is given the recording again', () =>
    withVoice({}, {}, async (voice, server) => {
      expectSame(await say(voice), tone(22_050));
      const port = Number(new URL(server.url).port);
      await server.close();
      const again = await startVoiceServer('indextts2', { port });
      const fault = faultOf(await say(voice));
      expect(fault.reason).toContain('could not say the text');
      expect(fault.retrySafe).toBe(true);
      expectSame(await say(voice), tone(22_050));
      expect(again.requests.filter(({ path }) => path === '/gradio_api/upload')).toHaveLength(1);
      await again.close();
    }));

  it('an app that is something else', async () => {
    const other = await startVoiceServer('openai');
    const voice = new IndexTts2({ server: other.url, referenceAudio });
    const fault = faultOf(await say(voice));
    expect(fault.reason).toContain('does not offer what was asked (404');
    expect(fault.remedy).toContain('webui.py');
    await voice.close();
    await other.close();
  });

  it('a recording that is missing, or named by a request outside the voices folder, is not sent', () =>
    withVoice({ voicesDir: tmpdir() }, {}, async (voice, server) => {
      const missing = new IndexTts2({ server: server.url });
      expect(faultOf(await say(missing)).remedy).toContain('--REF_FILE');
      await missing.close();
      expect(faultOf(await say(voice, { referenceAudio: '../secret.wav' })).reason).toContain(
        'not the name of a recording',
      );
      expect(server.requests).toEqual([]);
    }));
});
