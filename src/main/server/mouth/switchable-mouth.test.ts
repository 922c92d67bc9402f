import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Avatar } from '../avatar/avatar';
import { appRoot } from '../entries';
import { counts } from '../metrics/native';
import { MouthHost, type MouthHostOptions } from './host';
import type { InferProcess } from './infer-process';
import type { FromInfer, ToInfer } from './messages';
import { describeModel } from './model';
import type { MouthEvent } from './mouth';
import { SwitchableMouth } from './switchable-mouth';

const MODEL = join(appRoot, 'testing/lip-test.onnx');
const dir = mkdtempSync(join(tmpdir(), 'herald-switch-'));
afterAll(() => rmSync(dir, { recursive: true }));

const picture = { widthPx: 64, heightPx: 64, data: new Uint8Array(64 * 64 * 1.5).fill(120) };
const avatar = {
  id: 'grey',
  faceSizePx: 96,
  faceBox: () => ({ xPx: 0, yPx: 0, widthPx: 64, heightPx: 64 }),
  pictureNow: () => picture,
} as unknown as Avatar;
const ask = (mouth: Pick<MouthHost, 'infer'>) =>
  mouth.infer(
    { avatar, pictureIndex: 0, window: { data: new Float32Array(80 * 16).fill(-2) } },
    new AbortController().signal,
  );

const open: { close(): Promise<void> }[] = [];
const host = (options: Partial<MouthHostOptions> = {}) => new MouthHost({ modelFile: MODEL, ...options });
afterEach(async () => {
  await Promise.all(open.splice(0).map((mouth) => mouth.close()));
  expect(counts()['infer-process'] ?? 0).toBe(0);
});

describe('SwitchableMouth', () => {
  it('changes its model while it is asked, and no request is lost', async () => {
    const first = host();
    const mouth = new SwitchableMouth(first);
    open.push(mouth);
    mouth.standsIn({ model: 'other', why: 'it is being made ready', loading: true });
    await mouth.ready();
    expect(mouth.status()).toMatchObject({ model: 'lip-test', instead: { model: 'other' } });
    const other = join(dir, 'other.onnx');
    const changing = mouth.change(host({ model: { ...describeModel(MODEL), name: other, windowStartMs: 0 } }));
    let changed = false;
    void changing.then(() => {
      changed = true;
    });
    while (!changed) expect(await ask(mouth)).toBeDefined();
    expect(mouth.status()).toMatchObject({ model: other, state: 'ready' });
    expect(mouth.status().instead).toBeUndefined();
    expect(mouth.windowStartMs).toBe(0);
    expect(await ask(mouth)).toBeDefined();
    expect(first.counts.lost).toBe(0);
    expect(counts()['infer-process']).toBe(1);
  });

  it('keeps the model that works when the next one does not load', async () => {
    const mouth = new SwitchableMouth(host());
    open.push(mouth);
    await mouth.ready();
    const garbage = join(dir, 'garbage.onnx');
    writeFileSync(garbage, 'garbage');
    await expect(mouth.change(host({ modelFile: garbage }))).rejects.toThrow('garbage.onnx');
    expect(mouth.status()).toMatchObject({ model: 'lip-test', state: 'ready' });
    expect(await ask(mouth)).toBeDefined();
  });

  it('closes both when it is closed in the middle', async () => {
    const mouth = new SwitchableMouth(host());
    const changing = expect(mouth.change(host())).rejects.toThrow('closed');
    await mouth.close();
    await changing;
  });
});

it('says once that faces are resampled for weights of another size', async () => {
  const events: MouthEvent[] = [];
  const mouth = host({ onEvent: (event) => events.push(event) });
  open.push(mouth);
  await mouth.ready();
  for (let i = 0; i < 3; i++) expect(await ask(mouth)).toBeDefined();
  expect(events).toEqual([
    {
      kind: 'resampled',
      message:
        'the faces of grey were made for 96 px weights, and lip-test takes 32 px: they are resampled, which may cost some sharpness',
    },
  ]);
});

describe('the keeper of the process', () => {
  /** Processes that do what a script says: the n-th one started has the n-th script. */
  function scripted(scripts: ((say: (message: FromInfer) => void, die: (why: string) => void) => void)[]) {
    const loads: Extract<ToInfer, { type: 'load' }>[] = [];
    const start = (): InferProcess => {
      let say: (message: FromInfer) => void = () => {};
      let die: (why: string) => void = () => {};
      const script = scripts[loads.length]!;
      return {
        pid: undefined,
        send: (message) => {
          if (message.type !== 'load') return;
          loads.push(message);
          setImmediate(() => script(say, die));
        },
        onMessage: (listener) => (say = listener),
        onExit: (listener) => (die = listener),
        kill: () => die('killed by SIGKILL'),
      };
    };
    return { start, loads };
  }

  const facts = {
    faceSizePx: 96,
    provider: 'cpu',
    providers: [],
    mode: 'fast',
    keptBits: 16,
    warmPictureMs: 30,
    pictureMs: 31,
  } as const;
  const loaded: FromInfer = { type: 'loaded', facts: { ...facts, providers: [] } };

  it('goes without a provider that took the process down, and does not blame the model', async () => {
    const deaths = ['cuda', 'webgpu'] as const;
    const { start, loads } = scripted([
      ...deaths.map((provider) => (say: (message: FromInfer) => void, die: (why: string) => void) => {
        say({ type: 'trying', provider });
        die('killed by SIGSEGV');
      }),
      (say) => say(loaded),
    ]);
    const events: MouthEvent[] = [];
    const mouth = host({ start, onEvent: (event) => events.push(event) });
    await mouth.ready();
    expect(loads.at(-1)!.options.ruledOut).toEqual({ cuda: 'killed by SIGSEGV', webgpu: 'killed by SIGSEGV' });
    expect(events[0]!.message).toContain('while cuda was tried (killed by SIGSEGV); restarting at once');
    await mouth.close();
  });

  it('tells a new process what the one before had found out', async () => {
    const { start, loads } = scripted([
      (say, die) => {
        say(loaded);
        setImmediate(() => die('killed by SIGKILL'));
      },
      (say) => say({ type: 'loaded', facts: { ...facts, providers: [], pictureMs: 99 } }),
    ]);
    const events: MouthEvent[] = [];
    const mouth = host({ start, onEvent: (event) => events.push(event) });
    await expect.poll(() => events.map(({ kind }) => kind)).toEqual(['restarted', 'resumed']);
    expect(loads[0]!.options.again).toBeUndefined();
    expect(loads[1]!.options.again).toEqual(facts);
    expect(mouth.status()).toMatchObject({ state: 'ready', mode: 'fast', keptBits: 16, recentPictureMs: 31 });
    await mouth.close();
  });
});
