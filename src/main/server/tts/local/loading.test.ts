import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { outlineOnnx, piperSettings, temporaryFolder, writeFiles } from '../../../../../testing/voice-folders';
import { LOADED, ScriptedProcess, wellBehaved } from '../../../../../testing/voice-process';
import { createLogger } from '../../log';
import { LocalTts, type LocalTtsOptions } from './local';
import type { FromVoice, ToVoice } from './messages';

const ENGLISH = 'Good morning.';
const CHINESE = '早上好。';
const RUSSIAN = 'Доброе утро.';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let started: ScriptedProcess[];
let script: (message: ToVoice, process: ScriptedProcess) => void;
let log: string;
let tts: LocalTts;
let shared: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  shared = await temporaryFolder();
});
afterAll(() => shared.remove());
beforeEach(async () => {
  folder = await temporaryFolder();
  for (const [name, code] of Object.entries({ amy: 'en_US', huayan: 'zh_CN', irina: 'ru_RU' })) {
    const files = { 'v.onnx': outlineOnnx(), 'v.onnx.json': piperSettings({ language: { code } }) };
    await writeFiles(join(folder.dir, 'models', name), files);
  }
  started = [];
  script = wellBehaved;
  log = '';
  tts = make();
});
afterEach(async () => {
  await tts.close();
  await folder.remove();
});

function make(options: Partial<LocalTtsOptions> = {}): LocalTts {
  const sink = { write: (text: string) => void (log += text) };
  return new LocalTts({
    modelsDir: join(folder.dir, 'models'),
    cacheDir: shared.dir, // espeak-ng's data is unpacked once
    log: createLogger('info', { out: sink, err: sink }),
    start: () => {
      const process = new ScriptedProcess((message, self) => script(message, self));
      started.push(process);
      return process;
    },
    ...options,
  });
}

async function say(text: string, signal = AbortSignal.timeout(20_000)): Promise<number> {
  let samples = 0;
  for await (const chunk of tts.stream(text, { signal })) samples += chunk.samples.length;
  return samples;
}

const loaded = () => tts.state.map(({ model }) => model);

it('keeps the two models that were used last', async () => {
  for (const text of [ENGLISH, CHINESE, ENGLISH]) expect(await say(text)).toBe(5);
  expect({ models: loaded(), processes: started.length }).toEqual({ models: ['huayan', 'amy'], processes: 2 });
  await say(RUSSIAN);
  expect({ models: loaded(), processes: started.length }).toEqual({ models: ['amy', 'irina'], processes: 3 });
  await say(CHINESE);
  expect({ models: loaded(), processes: started.length }).toEqual({ models: ['irina', 'huayan'], processes: 4 });
});

it('does not put a model away that somebody waits for', async () => {
  const held: (() => void)[] = [];
  script = (message, process) => {
    if (message.type === 'load') held.push(() => process.say(LOADED));
    else wellBehaved(message, process);
  };
  const all = [ENGLISH, CHINESE, RUSSIAN].map((text) => say(text));
  await expect.poll(() => held.length, { timeout: 10_000 }).toBe(3);
  for (const go of held) go();
  expect(await Promise.all(all)).toEqual([5, 5, 5]);
});

it('lets another engine speak while a model takes its time, and speaks when it is there', async () => {
  let ready = false;
  const load = (process: ScriptedProcess) => ready && process.say(LOADED);
  script = (message, process) => (message.type === 'load' ? load(process) : wellBehaved(message, process));
  tts = make({ loadPatienceMs: 30 });
  await expect(say(ENGLISH)).rejects.toMatchObject({ reason: '"amy" is still being loaded', ofRequest: true });
  ready = true;
  started.forEach(load); // if it was started by then
  await expect.poll(() => say(ENGLISH).catch(() => 0), { timeout: 10_000 }).toBe(5);
  expect(started).toHaveLength(1);
});

it('says once that a voice is too slow for the machine', async () => {
  const done = (id: number): FromVoice => ({ type: 'done', id, synthesisMs: 8_000, speechMs: 2_500 });
  script = (message, process) => {
    if (message.type === 'load') process.say(LOADED);
    if (message.type === 'speak') process.say(done(message.job.id));
  };
  for (let i = 0; i < 4; i++) await say(ENGLISH);
  expect(log.match(/"amy" takes 3\.2 s for each second of speech/g)).toHaveLength(1);
});

it('asks the process for the speaker, the speed and the pieces of a text', async () => {
  const stop = new AbortController();
  for await (const _ of tts.stream('One, two. Three!', { signal: stop.signal, speed: 1.5, voice: 'amy' }));
  expect(started[0]!.received.at(-1)).toEqual({
    type: 'speak',
    job: {
      id: 1,
      pieces: [
        { text: 'One, two.', pauseMs: 200 },
        { text: 'Three!', pauseMs: 200 },
      ],
      speaker: 0,
      speed: 1.5,
      language: 'en',
    },
  });
});

it('knows the voices by name without opening them', () => {
  expect(['amy', 'HUAYAN', 'irina:0', 'en-us+f3', 'zh-CN-XiaoxiaoNeural'].map((name) => tts.hasVoice(name))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});
