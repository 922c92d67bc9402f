import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FastNetwork } from '../src/main/server/mouth/fast-network';
import { ChannelCodec, type KeptCodec, plainCodec } from '../src/main/server/mouth/kept-codec';
import { openLipSession } from '../src/main/server/mouth/lip-session';
import { describeConverted } from '../src/main/server/mouth/model';
import { convertCheckpoint } from '../src/main/server/mouth/weights/convert';
import { type Followed, followEvents } from '../testing/events';
import { getJson, postJson, startTestServer, type TestServer } from '../testing/server';
import { thinWav2Lip } from '../testing/thin-wav2lip';
import { saveZip } from '../testing/torch-checkpoint';
import { RtpViewer } from '../testing/viewer';
import {
  expectedOutput,
  FIXTURES_MISSING,
  fixtureInputs,
  fixtureSpec,
  fixtureTensors,
} from '../testing/wav2lip-fixtures';

interface Health {
  mouth: { model: string; state: string; restarts: number; mode: string; instead?: { model: string; why: string } };
  sessionFigures: Record<
    string,
    { picturesSent: number; mouthMisses: number; underruns: number; skippedSamples: number }
  >;
}

/** Long enough for a process to die in it and come back. */
const SPEECH =
  'This is a long sentence that goes on for quite a while, so that there is plenty of time for something to go wrong. ' +
  'And here is another one, which is just as long, because whatever went wrong has to be put right again before the end.';
const linux = process.platform === 'linux';

let server: TestServer;
let viewer: RtpViewer | undefined;
let followed: Followed | undefined;

const health = async () => (await getJson<{ data: Health }>(`${server.url}/api/health`)).data;
const mouthIs = (wanted: Partial<Health['mouth']>) =>
  expect.poll(async () => (await health()).mouth, { timeout: 30_000, interval: 50 }).toMatchObject(wanted);

/** @returns the session's id */
async function watch(): Promise<number> {
  const { viewer: made, sdp } = await RtpViewer.offer();
  viewer = made;
  const { sdp: answer, sessionid } = await postJson<{ sdp: string; sessionid: number }>(`${server.url}/offer`, {
    sdp,
    type: 'offer',
  });
  await viewer.accept(answer);
  followed = await followEvents(server.url, sessionid);
  return sessionid;
}

afterEach(async () => {
  followed?.close();
  await viewer?.close();
  viewer = followed = undefined;
});

describe.skipIf(!linux)('the inference process dies while it speaks', () => {
  beforeAll(async () => {
    server = await startTestServer(['--max_session', '2', '--log_level', 'info']);
  });
  afterAll(async () => {
    expect(await server?.stop()).toBe(0);
  });

  const inferPid = () => {
    const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').trim().split(/\s+/);
    const pid = children.find((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('infer.js'));
    return Number(pid);
  };

  it.each(['SIGKILL', 'SIGSEGV'] as const)('%s: speech goes on, lips resume, an event says so', async (signal) => {
    await mouthIs({ state: 'ready' });
    const sessionid = await watch();
    const { restarts } = (await health()).mouth;
    await postJson(`${server.url}/human`, { sessionid, type: 'echo', text: SPEECH });
    await followed!.until(({ status }) => status === 'start');
    const figures = async () => (await health()).sessionFigures[sessionid]!;
    await expect.poll(async () => (await figures()).picturesSent, { timeout: 10_000 }).toBeGreaterThan(25);

    const { mouthMisses } = await figures();
    process.kill(inferPid(), signal);
    const told = await followed!.until((event) => event.status === 'error' && event.part === 'mouth');
    expect(told).toMatchObject({ message: expect.stringContaining(signal) });
    await mouthIs({ state: 'ready', restarts: restarts + 1 });
    const back = [...server.output().matchAll(/lip inference is back after (\d+) ms/g)].at(-1)?.[1];
    console.log(`${signal}: lips are back after ${back} ms`);
    expect(Number(back)).toBeLessThan(2_000);

    const second = await followed!.until((event) => event.status === 'end' && event.text.startsWith('And here'));
    expect(second).not.toMatchObject({ interrupted: true });
    const after = await figures();
    expect(after).toMatchObject({ underruns: 0, skippedSamples: 0 });
    // Two seconds are 50 pictures: so many at most were without their mouth until the end of the speech.
    console.log(`${signal}: ${after.mouthMisses - mouthMisses} pictures were without their mouth`);
    expect(after.mouthMisses - mouthMisses).toBeLessThanOrEqual(50);
    const numbers = viewer!.audio.packets.map(({ sequenceNumber }) => sequenceNumber);
    const gaps = numbers.slice(1).filter((number, i) => number !== ((numbers[i]! + 1) & 0xffff));
    expect(gaps).toEqual([]); // not a frame of sound is missing
  });
});

describe('imported weights', () => {
  const dir = mkdtempSync(join(tmpdir(), 'herald-models-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  afterEach(async () => {
    expect(await server?.stop()).toBe(0);
  });

  it('--model wav2lip --models DIR: converted at start, then it moves the lips', async () => {
    saveZip(join(dir, 'wav2lip.pth'), { tensors: thinWav2Lip('96', 8) });
    server = await startTestServer(['--model', 'wav2lip', '--models', dir, '--provider', 'cpu', '--batch_size', '4']);
    await mouthIs({ model: 'wav2lip', state: 'ready', mode: 'fast' });
    expect(server.output()).toMatch(/converting .*wav2lip\.pth/);
    const sessionid = await watch();
    await postJson(`${server.url}/human`, { sessionid, type: 'echo', text: 'Good evening, and welcome.' });
    await followed!.until(({ status }) => status === 'end');
    const figures = (await health()).sessionFigures[sessionid]!;
    expect(figures).toMatchObject({ underruns: 0 });
    expect(figures.mouthMisses).toBeLessThan(0.2 * figures.picturesSent);
  });

  it('a name that is nowhere: one warning, and lip-mini', async () => {
    server = await startTestServer(['--model', 'musetalk']);
    await mouthIs({ model: 'lip-mini', state: 'ready', instead: expect.objectContaining({ model: 'musetalk' }) });
    const warnings = server.output().match(/--model musetalk: there is no musetalk\.pth/g);
    expect(warnings?.length).toBe(1);
  });

  it('weights that are none: an error that says so, and lip-mini', async () => {
    const file = join(dir, 'evil.pth');
    saveZip(file, { tensors: thinWav2Lip('96', 16).slice(0, 20) });
    server = await startTestServer(['--model', file]);
    await expect.poll(() => server.output(), { timeout: 30_000 }).toMatch(/error .*--model .*evil\.pth/);
    await mouthIs({ model: 'lip-mini', state: 'ready' });
  });
});

describe.skipIf(FIXTURES_MISSING)(`Wav2Lip 96 of full size, fast${FIXTURES_MISSING}`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'herald-models-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('draws the lower half that PyTorch draws, from kept features too', async () => {
    const spec = fixtureSpec('lt96');
    const file = join(dir, 'lt96.pth');
    saveZip(file, { tensors: fixtureTensors(spec) });
    const { fast } = describeConverted(await convertCheckpoint(file, dir));
    const { mel, face, batch } = fixtureInputs(spec);
    const expected = expectedOutput('lt96');
    const sessions = { face: await openLipSession(fast!.faceFile), mouth: await openLipSession(fast!.mouthFile) };
    const faces = Array.from({ length: batch }, () => ({}));
    const half = (96 * 96) / 2;
    const draw = async (codec: KeptCodec) => {
      const network = new FastNetwork(sessions, fast!, 96, batch, { featureBytes: 64e6, codec });
      network.mel.set(mel);
      network.face.set(face);
      await network.run(faces);
      await network.run(faces); // from what it keeps
      expect(network.keptBytes).toBeGreaterThan(0);
      let max = 0;
      for (let plane = 0; plane < 3 * batch; plane++) {
        for (let i = 0; i < half; i++) {
          const difference = Math.abs(network.out[plane * half + i]! - expected[(2 * plane + 1) * half + i]!);
          if (!(difference <= max)) max = difference; // NaN too
        }
      }
      return max;
    };
    const exact = await draw(plainCodec);
    const in16Bits = await draw(new ChannelCodec(16, fast!.kept));
    const in8Bits = await draw(new ChannelCodec(8, fast!.kept));
    await Promise.all([sessions.face.release(), sessions.mouth.release()]);
    console.log(`fast against PyTorch: ${exact}, features in 16 bits ${in16Bits}, in 8 bits ${in8Bits}`);
    expect(exact).toBeLessThanOrEqual(2e-4);
    expect(in16Bits).toBeLessThanOrEqual(0.25 / 255);
  }, 120_000);
});
