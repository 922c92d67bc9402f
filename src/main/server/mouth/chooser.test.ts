import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { greyAvatar } from '../../../../testing/grey-avatar';
import { defaultSettings } from '../../../shared/settings';
import { appRoot } from '../entries';
import { createLogger } from '../log';
import { counts } from '../metrics/native';
import { type CreatedMouth, createMouth } from './create';
import type { MouthEvent } from './mouth';

const dataDir = mkdtempSync(join(tmpdir(), 'herald-chooser-'));
beforeAll(() => {
  const models = join(dataDir, 'models');
  mkdirSync(models);
  for (const name of ['a', 'b']) copyFileSync(join(appRoot, 'testing', 'lip-test.onnx'), join(models, `${name}.onnx`));
  writeFileSync(join(models, 'broken.onnx'), 'garbage');
});
afterAll(() => rmSync(dataDir, { recursive: true }));

const events: MouthEvent[] = [];
let logged = '';
const stop = new AbortController();
let created: CreatedMouth;
beforeAll(async () => {
  const sink = { write: (text: string) => void (logged += text) };
  created = createMouth({
    settings: { ...defaultSettings(), model: 'a', provider: 'cpu' },
    dataDir,
    log: createLogger('warn', { out: sink, err: sink }),
    avatarFaces: async () => [],
    onEvent: (event) => events.push(event),
    signal: stop.signal,
  });
  await created.mouth.ready();
});
afterEach(() => {
  events.length = 0;
  logged = '';
});
afterAll(async () => {
  stop.abort();
  await created.mouth.close();
  for (const kind of ['infer-process', 'convert-process', 'shared-file']) expect(counts()[kind] ?? 0, kind).toBe(0);
});

const window = { data: new Float32Array(80 * 16).fill(-2) };
const ask = async () => {
  const patch = await created.mouth.infer(
    { avatar: greyAvatar, pictureIndex: 0, window },
    new AbortController().signal,
  );
  patch?.release?.();
  return patch;
};
/** Asks for mouths until something is over; every one of them has to come. */
async function askedDuring(change: Promise<void>): Promise<number> {
  let over = false;
  void change.then(() => (over = true));
  for (let count = 1; ; count++) {
    expect(await ask()).toBeDefined();
    if (over) return count;
    // As pictures come; what is being made ready needs some of the machine, too.
    await sleep(20);
  }
}

it('lip-mini draws from the first second, until the model of the settings does', async () => {
  await askedDuring(expect.poll(() => created.mouth.status().model, { timeout: 20_000 }).toBe('a'));
  expect(created.mouth.status().instead).toBeUndefined();
});

it('changes while it is asked, and not one mouth is missing', async () => {
  const changing = created.chooser.use('lip-mini');
  expect(await askedDuring(changing)).toBeGreaterThan(1);
  expect([created.mouth.status().model, created.chooser.serving.kind]).toEqual(['lip-mini', 'built-in']);
  await askedDuring(created.chooser.use('b'));
  // The same network under another name: what was converted keeps the name it had first.
  expect(created.chooser.serving).toEqual({ kind: 'file', file: join(dataDir, 'models', 'b.onnx') });
  expect(counts()['infer-process']).toBe(1);
  expect(events).toEqual([]);
});

it('keeps what draws when the next one cannot be used, and says so once', async () => {
  const before = created.mouth.status().model;
  expect(() => created.chooser.check('nobody')).toThrow(/there is no nobody\.pth or nobody\.onnx in/);
  await askedDuring(created.chooser.use('broken'));
  const { model, instead } = created.mouth.status();
  expect([model, instead]).toEqual([
    before,
    { model: 'broken', why: expect.stringMatching(/^--model broken: broken\.onnx cannot be loaded/), loading: false },
  ]);
  expect(events).toEqual([
    { kind: 'refused', message: expect.stringMatching(new RegExp(`broken.*${before} is used`)) },
  ]);
  expect(logged.match(/broken\.onnx cannot/g)).toHaveLength(1);
  await created.chooser.use('b');
  expect(created.mouth.status().instead).toBeUndefined();
  expect(counts()['infer-process']).toBe(1);
});

it('of several wishes the last one counts', async () => {
  void created.chooser.use('lip-mini');
  void created.chooser.use('broken');
  const loading = created.chooser.use('lip-mini');
  await expect.poll(() => created.mouth.status().instead).toMatchObject({ model: 'lip-mini', loading: true });
  await created.chooser.use('b');
  await loading;
  expect(created.chooser.serving).toMatchObject({ kind: 'file' });
  expect(created.mouth.status()).toMatchObject({ state: 'ready' });
  expect(await ask()).toBeDefined();
  expect([counts()['infer-process'], events]).toEqual([1, []]);
});
