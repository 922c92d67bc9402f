import { fork } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Avatar } from '../avatar/avatar';
import { AvatarLibrary } from '../avatar/library';
import { cropI420 } from '../composite/crop';
import { appRoot, entry } from '../entries';
import { MelStream } from '../features/mel-stream';
import { counts } from '../metrics/native';
import { DEFAULT_ENGINE, type MouthEvent, MouthHost, type MouthHostOptions } from './host';
import type { InferProcess } from './infer-process';
import type { FromInfer, ToInfer } from './messages';
import { describeModel } from './model';

/** Its signals are all SIGKILL. */
const windows = process.platform === 'win32';
const MODEL = join(appRoot, 'testing/lip-test.onnx');
const box = { xPx: 30, yPx: 20, widthPx: 64, heightPx: 64 };

/** Grey pictures of 128x128; picture i is 100 + i bright. */
function greyAvatar(): Avatar & { decoded: number } {
  const avatar = {
    id: 'grey',
    name: {},
    widthPx: 128,
    heightPx: 128,
    pictureCount: 100,
    stillIndex: 0,
    decoded: 0,
    indexAt: (position: number) => position % 100,
    faceBox: () => box,
    picture: async (index: number) => {
      avatar.decoded++;
      const data = new Uint8Array(128 * 128 * 1.5).fill(100 + index, 0, 128 * 128).fill(128, 128 * 128);
      return { widthPx: 128, heightPx: 128, data };
    },
    pictureNow: () => undefined,
    release: () => {},
  };
  return avatar;
}

const mel = (value: number) => ({ data: new Float32Array(80 * 16).fill(value) });
const never = new AbortController().signal;
const hosts: MouthHost[] = [];
const host = (options: Partial<MouthHostOptions> = {}) => {
  const made = new MouthHost({ modelFile: MODEL, ...options });
  hosts.push(made);
  return made;
};
/** Infers until a patch comes, as a session does that goes on speaking. */
const untilPatch = (mouth: MouthHost, avatar: Avatar) =>
  expect
    .poll(() => mouth.infer({ avatar, pictureIndex: 3, window: mel(0) }, never), { timeout: 20_000, interval: 40 })
    .toBeDefined();

afterEach(async () => {
  await Promise.all(hosts.splice(0).map((mouth) => mouth.close()));
  expect(counts()['infer-process'] ?? 0).toBe(0);
});

describe('MouthHost', () => {
  it('infers in its process: a patch of the lower face, moved by the sound', async () => {
    const mouth = host();
    expect(mouth.status().state).toBe('starting');
    await mouth.ready();
    expect(mouth.status()).toMatchObject({
      model: 'lip-test',
      provider: 'cpu',
      faceSizePx: 32,
      state: 'ready',
      restarts: 0,
    });
    expect(mouth.status().warmPictureMs).toBeGreaterThan(0);
    expect(mouth.windowStartMs).toBe(-37.5);
    const avatar = greyAvatar();
    const still = await mouth.infer({ avatar, pictureIndex: 5, window: mel(0) }, never);
    // The test network changes nothing for a mel of 0, so the patch is the avatar's own pixels.
    expect(still!.data).toEqual(cropI420(await avatar.picture(5), still!.region).data);
    // One of -4 darkens the face by half: inside the mask, in the lower half of the box.
    const dark = await mouth.infer({ avatar, pictureIndex: 5, window: mel(-4) }, never);
    const { region, data } = dark!;
    expect(region.yPx).toBe(box.yPx + 32);
    expect(region.xPx).toBeGreaterThanOrEqual(box.xPx);
    expect(data.length).toBe((region.widthPx * region.heightPx * 3) / 2);
    expect(Math.min(...data.subarray(0, region.widthPx * region.heightPx))).toBeLessThan(40);
    expect(mouth.counts.inferred).toBe(2);
  });

  it('sends a face once, and again when it had to be forgotten', async () => {
    const cropBytes = (64 * 64 * 3) / 2;
    const mouth = host({ faceCacheBytes: cropBytes * 1.2 * 3 });
    await mouth.ready();
    const avatar = greyAvatar();
    const brightness = async (pictureIndex: number) =>
      (await mouth.infer({ avatar, pictureIndex, window: mel(0) }, never))!.data[0];
    for (const index of [1, 2, 3, 1, 2, 3]) expect(await brightness(index)).toBe(100 + index);
    expect(avatar.decoded).toBe(3);
    for (const index of [4, 2, 1, 5, 3, 4, 5]) expect(await brightness(index)).toBe(100 + index);
    expect(avatar.decoded).toBeGreaterThan(5);
  });

  it('keeps to its bound, counts what it refuses, and answers in order of asking', async () => {
    const mouth = host({ maxInFlight: 3 });
    await mouth.ready();
    const avatar = greyAvatar();
    const answers = await Promise.all(
      [0, 1, 2, 3, 4].map((pictureIndex) => mouth.infer({ avatar, pictureIndex, window: mel(0) }, never)),
    );
    expect(answers.map((patch) => patch?.data[0])).toEqual([100, 101, 102, undefined, undefined]);
    expect(mouth.counts).toMatchObject({ inferred: 3, refused: 2 });
    expect(await mouth.infer({ avatar, pictureIndex: 9, window: mel(0) }, never)).toBeDefined();
  });

  it('answers an abort at once, before or while the process works on it', async () => {
    const mouth = host();
    await mouth.ready();
    const avatar = greyAvatar();
    const aborted = AbortSignal.abort();
    expect(await mouth.infer({ avatar, pictureIndex: 0, window: mel(0) }, aborted)).toBeUndefined();
    const turn = new AbortController();
    const asked = [0, 1, 2, 3].map((pictureIndex) =>
      mouth.infer({ avatar, pictureIndex, window: mel(0) }, turn.signal),
    );
    turn.abort();
    expect(await Promise.all(asked)).toEqual([undefined, undefined, undefined, undefined]);
    expect(mouth.counts.aborted).toBe(5);
    // The places are free again as soon as the process has said so.
    await expect
      .poll(async () =>
        (
          await Promise.all(
            [4, 5, 6, 7, 8, 9].map((pictureIndex) => mouth.infer({ avatar, pictureIndex, window: mel(0) }, never)),
          )
        ).every(Boolean),
      )
      .toBe(true);
  });

  it.skipIf(windows).each(['SIGKILL', 'SIGSEGV'] as const)(
    '%s: what is in flight resolves, and lips resume',
    async (signal) => {
      const events: MouthEvent[] = [];
      const mouth = host({ onEvent: (event) => events.push(event) });
      await mouth.ready();
      const avatar = greyAvatar();
      await untilPatch(mouth, avatar);
      for (let times = 1; times <= 2; times++) {
        const killed = mouth.pid!;
        process.kill(killed, signal);
        const asked = [0, 1, 2].map((pictureIndex) => mouth.infer({ avatar, pictureIndex, window: mel(0) }, never));
        await Promise.all(asked); // resolve, patched or not
        await expect.poll(() => mouth.status().restarts, { timeout: 5_000 }).toBe(times);
        expect(mouth.status().lastError).toContain(signal);
        await untilPatch(mouth, avatar);
        expect(mouth.pid).not.toBe(killed);
      }
      expect(mouth.status().state).toBe('ready');
      expect(events.map(({ kind }) => kind)).toEqual(['restarted', 'resumed', 'restarted', 'resumed']);
      expect(events[0]!.message).toContain('at once');
    },
  );

  it.skipIf(windows)('replaces a process that hangs; its requests end at their deadline', async () => {
    const mouth = host({ deadlineMs: 200, hungMs: 500 });
    await mouth.ready();
    const avatar = greyAvatar();
    await untilPatch(mouth, avatar);
    process.kill(mouth.pid!, 'SIGSTOP');
    const started = performance.now();
    expect(await mouth.infer({ avatar, pictureIndex: 0, window: mel(0) }, never)).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(450);
    expect(mouth.counts.late).toBe(1);
    await expect.poll(() => mouth.status().restarts, { timeout: 5_000 }).toBe(1);
    expect(mouth.status().lastError).toBe('no answer for 500 ms');
    await untilPatch(mouth, avatar);
  });

  it('one broken picture costs only itself', async () => {
    const mouth = host();
    await mouth.ready();
    const broken: Avatar = { ...greyAvatar(), id: 'broken', picture: () => Promise.reject(new Error('disk on fire')) };
    expect(await mouth.infer({ avatar: broken, pictureIndex: 0, window: mel(0) }, never)).toBeUndefined();
    const short = { data: new Float32Array(7) };
    expect(await mouth.infer({ avatar: greyAvatar(), pictureIndex: 0, window: short }, never)).toBeUndefined();
    expect(mouth.counts.lost).toBe(2);
    expect(mouth.status().lastError).toContain('mel window of 7 values');
    expect(await mouth.infer({ avatar: greyAvatar(), pictureIndex: 0, window: mel(0) }, never)).toBeDefined();
    expect(mouth.status().restarts).toBe(0);
  });

  it('close ends the process and everything that waits for it', async () => {
    const mouth = host();
    await mouth.ready();
    const { pid } = mouth;
    const asked = mouth.infer({ avatar: greyAvatar(), pictureIndex: 0, window: mel(0) }, never);
    await Promise.all([mouth.close(), mouth.close()]);
    expect(() => process.kill(pid!, 0)).toThrow('ESRCH');
    expect(await asked).toBeUndefined();
    expect(await mouth.infer({ avatar: greyAvatar(), pictureIndex: 0, window: mel(0) }, never)).toBeUndefined();
  });
});

describe('MouthHost without a usable model', () => {
  const dir = mkdtempSync(join(tmpdir(), 'herald-models-'));
  afterAll(() => rmSync(dir, { recursive: true }));

  const failure = async (file: string) => {
    const events: MouthEvent[] = [];
    const mouth = host({ modelFile: file, onEvent: (event) => events.push(event) });
    const error = await mouth.ready().then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(mouth.status()).toMatchObject({ state: 'failed', lastError: error!.message });
    expect(events).toEqual([{ kind: 'failed', message: error!.message }]);
    expect(await mouth.infer({ avatar: greyAvatar(), pictureIndex: 0, window: mel(0) }, never)).toBeUndefined();
    return error!.message;
  };

  it('says that it is missing, broken or of another kind, and what to do', async () => {
    expect(await failure(join(dir, 'none.onnx'))).toMatch(/none\.onnx is missing\. Restore it/);
    writeFileSync(join(dir, 'garbage.onnx'), 'garbage');
    expect(await failure(join(dir, 'garbage.onnx'))).toMatch(/Restore .*garbage\.onnx/);
    writeFileSync(join(dir, 'settings.onnx'), 'x');
    writeFileSync(join(dir, 'settings.json'), '{"windowStartMs":"soon"}');
    expect(await failure(join(dir, 'settings.onnx'))).toMatch(/settings\.json: windowStartMs must be a number/);
  });

  it('gives up on a process that never starts', async () => {
    const start = (): InferProcess => ({
      pid: undefined,
      send: () => {},
      onMessage: () => {},
      onExit: (listener) => void setTimeout(() => listener('exit code 127'), 1),
      kill: () => {},
    });
    const mouth = new MouthHost({ modelFile: MODEL, start });
    await expect(mouth.ready()).rejects.toThrow(/does not start \(exit code 127\)/);
    expect(mouth.status()).toMatchObject({ state: 'failed', restarts: 3 });
  });
});

const shipped = join(appRoot, 'models/lip-mini.onnx');
const there = existsSync(shipped);
describe.skipIf(!there)(`lip-mini${there ? '' : ' (SKIPPED: models/lip-mini.onnx is not here)'}`, () => {
  it('moves the lips of the presenter that ships, inside its face box', async () => {
    const library = new AvatarLibrary();
    const avatar = await library.open('clara');
    const mouth = host({ modelFile: shipped, deadlineMs: 10_000 });
    await mouth.ready();
    expect(mouth.windowStartMs).toBe(-25);
    // A vowel by rule: harmonics of 120 Hz, loudest near the formants of an open mouth.
    const stream = new MelStream({ windowStartMs: mouth.windowStartMs });
    stream.push(
      Float32Array.from({ length: 16_000 }, (_, i) => {
        let sum = 0;
        for (let hz = 120; hz < 4_000; hz += 120) {
          const near = (formantHz: number) => Math.exp(-(((hz - formantHz) / 150) ** 2));
          sum += (0.02 + near(750) + 0.7 * near(1_200)) * Math.sin((2 * Math.PI * hz * i) / 16_000);
        }
        return 0.1 * sum;
      }),
    );
    const patch = (await mouth.infer({ avatar, pictureIndex: 0, window: stream.window(12)! }, never))!;
    const { region } = patch;
    const face = avatar.faceBox(0);
    expect(region.xPx).toBeGreaterThanOrEqual(face.xPx);
    expect(region.yPx).toBeGreaterThanOrEqual(face.yPx + face.heightPx / 2);
    expect(region.xPx + region.widthPx).toBeLessThanOrEqual(face.xPx + face.widthPx);
    expect(region.yPx + region.heightPx).toBeLessThanOrEqual(face.yPx + face.heightPx);
    expect(patch.data.length).toBeLessThanOrEqual(200_000);
    const own = cropI420(await avatar.picture(0), region).data;
    const moved = patch.data.filter((value, i) => Math.abs(value - own[i]!) > 20).length;
    expect(moved).toBeGreaterThan(500);
    avatar.release();
    await library.close();
  });
});

describe('the inference process', () => {
  it('ends when its parent goes away', async () => {
    const { file, execArgv } = entry('infer');
    const child = fork(file, [], {
      cwd: appRoot,
      execArgv,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const said = new Promise<FromInfer>((done) => child.once('message', (message) => done(message as FromInfer)));
    child.send({
      type: 'load',
      model: describeModel(MODEL),
      options: { ...DEFAULT_ENGINE, ruledOut: {} },
    } satisfies ToInfer);
    expect(await said).toMatchObject({ type: 'loaded', facts: { faceSizePx: 32, provider: 'cpu', mode: 'full' } });
    const ended = new Promise((done) => child.once('exit', done));
    child.disconnect();
    expect(await ended).toBe(0);
  });
});
