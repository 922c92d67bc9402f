import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileServer } from '../../../../../testing/file-server';
import { outlineOnnx, piperSettings, temporaryFolder } from '../../../../../testing/voice-folders';
import { catalogueVoice } from '../../../../shared/library-protocol';
import { createLogger } from '../../log';
import type { CatalogueVoice } from './catalogue';
import { VoiceDownloads } from './downloads';
import { localVoiceProblem } from './usable';

const MODEL = outlineOnnx({}, 9_000);
const voiceOf = (name: string): CatalogueVoice => ({
  name,
  language: 'en-US',
  licence: 'CC0',
  sizeBytes: MODEL.length,
  files: [
    { path: `/${name}.onnx.json`, name: `${name}.onnx.json` },
    {
      path: `/${name}.onnx`,
      name: `${name}.onnx`,
      sizeBytes: MODEL.length,
      md5: createHash('md5').update(MODEL).digest('hex'),
    },
  ],
});
/** Long enough for a busy machine to connect in, short enough to wait for. */
const STALL_MS = 250;
const [ANN, BOB] = ['en_US-ann-low', 'en_US-bob-low'];

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: FileServer;
let host: string;
let changes: number;
let chosen: string | undefined;
let downloads: VoiceDownloads;
const open = () => {
  const silent = { write: () => {} };
  return new VoiceDownloads({
    modelsDir: join(folder.dir, 'tts'),
    cacheDir: join(folder.dir, 'cache'),
    host: () => host,
    chosen: () => chosen,
    onChange: () => changes++,
    log: createLogger('silent', { out: silent, err: silent }),
    catalogue: [voiceOf(ANN), voiceOf(BOB)],
    stallMs: STALL_MS,
    retryMs: 1,
  });
};
beforeEach(async () => {
  folder = await temporaryFolder();
  server = new FileServer();
  host = await server.listen();
  for (const name of [ANN, BOB]) {
    server.files.set(`/${name}.onnx.json`, Buffer.from(piperSettings()));
    server.files.set(`/${name}.onnx`, MODEL);
  }
  [changes, chosen] = [0, undefined];
  downloads = open();
});
afterEach(async () => {
  await downloads.close();
  await server.close();
  await folder.remove();
});

const state = async (name: string) => catalogueVoice.parse(await downloads.view(name));
const reaches = (name: string, wanted: string) =>
  expect.poll(async () => (await state(name)).state, { timeout: 10_000, interval: 5 }).toBe(wanted);
/** So much of a model comes, with the connection left open. */
const stallAfter = (afterBytes: number, times = 1) => {
  server.faultyPaths = /\.onnx$/;
  server.faults.push(...Array.from({ length: times }, () => ({ kind: 'stall', afterBytes }) as const));
};

describe('voices of the catalogue', () => {
  it('come one after another, and are told of when they are there', async () => {
    expect((await downloads.list()).map(({ name, state }) => [name, state])).toEqual([
      [ANN, 'absent'],
      [BOB, 'absent'],
    ]);
    expect((await downloads.start(ANN)).state).toMatch(/queued|downloading/);
    expect((await downloads.start(BOB)).state).toBe('queued');
    await downloads.start(BOB);
    await reaches(BOB, 'installed');
    expect(await state(ANN)).toEqual({
      name: ANN,
      language: 'en-US',
      licence: 'CC0',
      bytes: MODEL.length,
      state: 'installed',
      receivedBytes: MODEL.length,
    });
    expect(changes).toBe(2);
    expect(server.requests.map(({ path }) => path)).toEqual(
      [ANN, BOB].flatMap((n) => [`/${n}.onnx.json`, `/${n}.onnx`]),
    );
    await downloads.start(ANN);
    expect(server.requests).toHaveLength(4);
  });

  it('are paused with what has come, also over a restart, and go on from there', async () => {
    stallAfter(4_000, 9);
    await downloads.start(ANN);
    await expect.poll(async () => (await state(ANN)).receivedBytes, { interval: 5 }).toBeGreaterThanOrEqual(4_000);
    expect(await downloads.pause(ANN)).toMatchObject({ state: 'paused', receivedBytes: expect.any(Number) });
    await downloads.close();
    downloads = open();
    expect((await state(ANN)).receivedBytes).toBeGreaterThanOrEqual(4_000);
    server.faults.length = 0;
    server.requests.length = 0;
    await downloads.start(ANN);
    await reaches(ANN, 'installed');
    expect(server.requests.at(-1)).toMatchObject({
      path: `/${ANN}.onnx`,
      range: expect.stringMatching(/^bytes=\d{4}-$/),
    });
  });

  it('that wait are taken out of the row, and the others go on', async () => {
    stallAfter(4_000);
    await downloads.start(ANN);
    await downloads.start(BOB);
    expect(await downloads.pause(BOB)).toMatchObject({ state: 'absent', receivedBytes: 0 });
    await reaches(ANN, 'installed');
    expect(existsSync(join(folder.dir, 'tts', BOB))).toBe(false);
    await downloads.start(BOB);
    await reaches(BOB, 'installed');
  });

  it('fail with a reason when nothing comes, and with another one for another file; trying again helps', async () => {
    stallAfter(4_000, 1);
    server.faults.push(...Array.from({ length: 8 }, () => ({ kind: 'stall', afterBytes: 0 }) as const));
    await downloads.start(ANN);
    await reaches(ANN, 'failed');
    const failed = await state(ANN);
    expect(failed.problem).toMatch(/cannot be reached \(nothing came for 0\.25 s\).* a mirror with voice_mirror/);
    expect(failed.receivedBytes).toBeGreaterThanOrEqual(4_000);
    server.faults.length = 0;
    await downloads.start(ANN);
    await reaches(ANN, 'installed');
    server.files.set(`/${BOB}.onnx`, Buffer.from('<html>Log in</html>'));
    await downloads.start(BOB);
    await reaches(BOB, 'failed');
    expect((await state(BOB)).problem).toMatch(/has 19 bytes, and \d+ were expected/);
    expect(changes).toBe(1);
  });

  it('are removed: installed ones with their copies, paused ones with what has come', async () => {
    await downloads.start(ANN);
    await reaches(ANN, 'installed');
    for (const copy of [`${ANN}-7x-abc`, `${ANN}-other-low-7x-abc`])
      mkdirSync(join(folder.dir, 'cache', 'piper', copy), { recursive: true });
    chosen = 'ann';
    await expect(downloads.remove(ANN)).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/"voice" names it/),
    });
    chosen = BOB;
    await downloads.remove(ANN);
    expect(await state(ANN)).toMatchObject({ state: 'absent', receivedBytes: 0 });
    expect([changes, readdirSync(join(folder.dir, 'cache', 'piper'))]).toEqual([2, [`${ANN}-other-low-7x-abc`]]);
    stallAfter(4_000, 9);
    await downloads.start(BOB);
    await reaches(BOB, 'downloading');
    await downloads.remove(BOB);
    expect(await state(BOB)).toMatchObject({ state: 'absent', receivedBytes: 0 });
    expect(readdirSync(join(folder.dir, 'tts'))).toEqual([]);
  });

  it('that are there and broken say so', async () => {
    mkdirSync(join(folder.dir, 'tts', ANN), { recursive: true });
    writeFileSync(join(folder.dir, 'tts', ANN, 'a.onnx'), MODEL);
    expect(await state(ANN)).toMatchObject({
      state: 'failed',
      problem: expect.stringMatching(/a\.onnx\.json is missing/),
    });
  });

  it('of no such name are not found, however it is written', async () => {
    for (const name of ['nobody', '../x', '']) {
      await expect(downloads.start(name)).rejects.toMatchObject({ kind: 'not-found' });
      await expect(downloads.remove(name)).rejects.toMatchObject({ kind: 'not-found' });
    }
  });
});

it('tells what keeps voices of this machine from speaking', () => {
  const there = () => 'found';
  const missing = (name: string) => {
    throw new Error(`Cannot find module '${name}'`);
  };
  expect([localVoiceProblem('auto', there), localVoiceProblem('Local', there)]).toEqual([undefined, undefined]);
  expect(localVoiceProblem('edgetts', there)).toMatch(/engine is "edgetts"\. Set it to "auto"/);
  expect(localVoiceProblem('auto', missing)).toMatch(/sherpa-onnx.* is not installed \(sherpa-onnx-node\)/);
});
