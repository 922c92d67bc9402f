import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTestVoice } from '../../../../../testing/local-voice';
import { outlineOnnx, piperSettings, temporaryFolder, writeFiles } from '../../../../../testing/voice-folders';
import { defaultSettings } from '../../../../shared/settings';
import { createLogger } from '../../log';
import { counts } from '../../metrics/native';
import { createTts, type VoiceContext } from '../registry';
import type { Tts, TtsOptions } from '../tts';
import { LocalTts } from './local';

const PATIENT_MS = 60_000;
const LONG =
  'Good morning. I am your presenter today, and I will show you how this works. It is not hard at all: you type, and I speak. ' +
  'There is more to say, of course. Much more, if you have the time. Let us begin at the beginning. Then we go on to the end.';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

interface Spoken {
  chunks: number;
  seconds: number;
  rates: Set<number>;
  peak: number;
}

async function say(tts: Tts, text: string, options: Partial<TtsOptions> = {}): Promise<Spoken> {
  const spoken: Spoken = { chunks: 0, seconds: 0, rates: new Set(), peak: 0 };
  for await (const { samples, sampleRateHz } of tts.stream(text, {
    signal: AbortSignal.timeout(PATIENT_MS),
    ...options,
  })) {
    spoken.chunks++;
    spoken.seconds += samples.length / sampleRateHz;
    spoken.rates.add(sampleRateHz);
    for (const sample of samples) spoken.peak = Math.max(spoken.peak, Math.abs(sample));
  }
  return spoken;
}

const found = await findTestVoice();
const why = 'missing' in found ? ` (skipped: ${found.missing})` : '';

describe.skipIf(why !== '')(`a real Piper voice${why}`, () => {
  let modelsDir: string;
  let tts: LocalTts;
  beforeAll(async () => {
    modelsDir = join(folder.dir, 'models', 'tts');
    const { copyFile, mkdir, readdir } = await import('node:fs/promises');
    const dir = (found as { dir: string }).dir;
    await mkdir(join(modelsDir, 'joe'), { recursive: true });
    for (const file of await readdir(dir)) {
      if (/\.onnx(\.json)?$/.test(file)) await copyFile(join(dir, file), join(modelsDir, 'joe', file));
    }
    tts = new LocalTts({ modelsDir, cacheDir: join(folder.dir, 'cache', 'voices') });
    await tts.warm(AbortSignal.timeout(PATIENT_MS));
  }, PATIENT_MS);
  afterAll(() => tts.close());

  it('speaks: piece by piece, at its own rate, as long as people would', async () => {
    const { chunks, seconds, rates, peak } = await say(tts, LONG);
    expect([...rates]).toEqual([22_050]);
    expect(chunks).toBeGreaterThan(6);
    // 46 words, at 120 to 260 a minute.
    expect(seconds).toBeGreaterThan(10);
    expect(seconds).toBeLessThan(24);
    expect(peak).toBeGreaterThan(0.1);
    expect(peak).toBeLessThanOrEqual(1);
    expect((await say(tts, 'This is one sentence.')).seconds).toBeGreaterThan(0.5);
  });

  it('keeps one process, and says who it is', async () => {
    const { pid } = tts.state[0]!;
    await say(tts, 'Hello.');
    expect(tts.state).toMatchObject([{ model: 'joe', pid, jobs: 0 }]);
    expect(await tts.voices(AbortSignal.timeout(1_000))).toEqual([{ id: 'joe', name: 'joe', language: 'en-US' }]);
    expect([tts.hasVoice('joe'), tts.hasVoice('zh-CN-XiaoxiaoNeural')]).toEqual([true, false]);
  });

  it('speaks slower when it is told to', async () => {
    const text = 'This is a sentence of some length for you.';
    const [normal, slow] = [await say(tts, text), await say(tts, text, { speed: 0.5 })];
    expect(slow.seconds / normal.seconds).toBeGreaterThan(1.5);
  });

  it('stops with the piece under way when it is interrupted', async () => {
    const before = tts.state[0]!.speechMs;
    const stop = new AbortController();
    let chunks = 0;
    const speaking = (async () => {
      for await (const _ of tts.stream(LONG, { signal: stop.signal })) {
        if (++chunks === 1) stop.abort(new Error('interrupted'));
      }
    })();
    await expect(speaking).rejects.toThrow('interrupted');
    expect(chunks).toBe(1);
    // The next sentence waits for the process to be done with that one; all of it would be more than ten seconds of speech.
    const next = await say(tts, 'Hello.');
    expect(tts.state[0]!.speechMs - before - next.seconds * 1_000).toBeLessThan(5_000);
  });

  it('is a fault when its process is killed in the middle of a sentence, and the next sentence has another', async () => {
    const { pid } = tts.state[0]!;
    let chunks = 0;
    const speaking = (async () => {
      for await (const _ of tts.stream(LONG, { signal: AbortSignal.timeout(PATIENT_MS) })) {
        if (++chunks === 1) process.kill(pid!, 'SIGKILL');
      }
    })();
    await expect(speaking).rejects.toMatchObject({
      name: 'ProviderError',
      provider: 'local',
      reason: 'the voice process of "joe" ended (killed by SIGKILL)',
      remedy: 'The next sentence starts it again.',
    });
    expect((await say(tts, 'I am back.')).seconds).toBeGreaterThan(0.3);
    expect(tts.state[0]!.pid).not.toBe(pid);
  });

  it('leaves what it cannot read to another engine', async () => {
    await expect(say(tts, '你好，世界。')).rejects.toMatchObject({ ofRequest: true });
    expect(await say(tts, '...')).toMatchObject({ chunks: 0 });
  });

  describe('in the server', () => {
    let log = '';
    const sink = { write: (text: string) => void (log += text) };
    const make = (tts: string, context: Partial<VoiceContext> = {}) =>
      createTts(
        { ...defaultSettings(), tts, tts_deadline_s: 30 },
        { voicesDir: join(folder.dir, 'voices'), log: createLogger('info', { out: sink, err: sink }), ...context },
      );

    it('is --tts local, and espeak speaks what it cannot', async () => {
      const voice = make('local');
      try {
        const engines: string[] = [];
        const faults: string[] = [];
        const options: Partial<TtsOptions> = {
          onEngine: (engine) => void engines.push(engine),
          onFault: ({ reason }, next) => void faults.push(`${reason} -> ${next}`),
        };
        expect([...(await say(voice, 'Good morning.', options)).rates]).toEqual([22_050]);
        await say(voice, '你好，世界。', options);
        await say(voice, 'Good evening.', options);
        expect(engines).toEqual(['local', 'espeak', 'local']);
        expect(faults).toEqual(["no installed voice reads this text's letters (Chinese) -> espeak"]);
        expect(await voice.voices!(AbortSignal.timeout(5_000))).toMatchObject([{ id: 'joe' }]);
      } finally {
        await voice.close();
      }
    });

    it('is the first choice of auto, before any service', async () => {
      const voice = make('auto', { edgeProblem: async () => undefined });
      try {
        await expect.poll(() => voice.name, { timeout: PATIENT_MS }).toBe('local');
        expect(log).toContain('It runs on this machine; no text leaves it.');
        const engines: string[] = [];
        await say(voice, 'Good morning.', { onEngine: (engine) => void engines.push(engine) });
        expect(engines).toEqual(['local']);
        expect(voice.status!().map(({ engine, state }) => `${engine} ${state}`)).toEqual([
          'local ready',
          'edgetts unknown',
          'espeak unknown',
        ]);
      } finally {
        await voice.close();
      }
    });
  });

  it('leaves no process behind', async () => {
    await tts.close();
    expect(counts()['voice-process']).toBe(0);
  });
});

describe('without a voice that works', () => {
  const make = (modelsDir: string) => new LocalTts({ modelsDir, cacheDir: join(folder.dir, 'cache', 'voices') });

  it('says how to get one', async () => {
    const tts = make(join(folder.dir, 'nowhere'));
    const fault = {
      reason: 'no voice is installed on this machine',
      remedy: expect.stringContaining('npm run voice -- list'),
    };
    await expect(tts.voices(AbortSignal.timeout(1_000))).rejects.toMatchObject(fault);
    await expect(say(tts, 'Hello.')).rejects.toMatchObject(fault);
    await tts.close();
  });

  it('names the file when the only one is broken', async () => {
    const modelsDir = join(folder.dir, 'broken');
    await writeFiles(join(modelsDir, 'amy'), { 'amy.onnx': outlineOnnx() });
    const tts = make(modelsDir);
    await expect(say(tts, 'Hello.')).rejects.toThrow('amy.onnx.json is missing');
    await writeFiles(join(modelsDir, 'amy'), { 'amy.onnx.json': piperSettings() });
    // Found now; that there is no network in it only sherpa-onnx can tell.
    if (!why.includes('sherpa-onnx-node')) {
      await expect(say(tts, 'Hello.')).rejects.toThrow(/"amy" .*Protobuf parsing failed.*Download the voice again/);
    }
    await tts.close();
    expect(counts()['voice-process'] ?? 0).toBe(0);
  });
});
