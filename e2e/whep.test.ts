import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../testing/browser';
import { findPythonWithAiortc, runPython } from '../testing/python';
import { getJson, postJson, root, startTestServer, type TestServer } from '../testing/server';
import { WhipServer } from '../testing/whip-server';

const python = findPythonWithAiortc();
if (!python) console.warn('aiortc does not watch: apt-get install python3-aiortc python3-requests python3-numpy');
const PLAYER = join(root, 'e2e', 'clients', 'whep.py');
const TEXT = 'Good evening, and welcome to the programme. '.repeat(10);

interface Watched {
  status: number;
  location: string;
  framesDecoded: number;
  totalAudioEnergy: number;
  totalSamplesReceived: number;
}

/** A WHEP player in the page. */
async function watch(page: Page, endpoint: string): Promise<{ status: number; location: string }> {
  return page.evaluate(async (url) => {
    const pc = new RTCPeerConnection();
    const video = document.body.appendChild(document.createElement('video'));
    video.autoplay = true;
    const stream = new MediaStream();
    video.srcObject = stream;
    pc.ontrack = ({ track }) => stream.addTrack(track);
    for (const kind of ['video', 'audio']) pc.addTransceiver(kind, { direction: 'recvonly' });
    await pc.setLocalDescription();
    await new Promise<void>((resolve) => {
      if (pc.iceGatheringState === 'complete') resolve();
      pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && resolve();
      setTimeout(resolve, 1_000);
    });
    const reply = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp' },
      body: pc.localDescription!.sdp,
    });
    const location = reply.headers.get('location') ?? '';
    await pc.setRemoteDescription({ type: 'answer', sdp: await reply.text() });
    await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
    Object.assign(window, { whep: pc });
    return { status: reply.status, location };
  }, endpoint);
}

const received = (page: Page): Promise<Omit<Watched, 'status' | 'location'>> =>
  page.evaluate(async () => {
    const report = await (window as unknown as { whep: RTCPeerConnection }).whep.getStats();
    // biome-ignore lint/suspicious/noExplicitAny: the DOM library lacks the newer receiver statistics
    const of = (kind: string): any =>
      [...report.values()].find((one) => one.type === 'inbound-rtp' && one.kind === kind) ?? {};
    const { framesDecoded = 0 } = of('video');
    const { totalAudioEnergy = 0, totalSamplesReceived = 0 } = of('audio');
    return { framesDecoded, totalAudioEnergy, totalSamplesReceived };
  });

describe('a session that others watch (WHEP) and that is pushed elsewhere (WHIP)', () => {
  let server: TestServer;
  let browser: Browser;
  let sessionid: number;

  beforeAll(async () => {
    server = await startTestServer(['--max_session', '1', '--log_level', 'warn']);
    browser = await launchChromium();
    ({ sessionid } = await postJson<{ sessionid: number }>(`${server.url}/api/sessions`, {}));
  });
  afterAll(async () => {
    await browser?.close();
    expect(await server?.stop()).toBe(0);
  });

  const health = async () => {
    const { data } = await getJson<{ data: { sessions: number; native: Record<string, number> } }>(
      `${server.url}/api/health`,
    );
    return data;
  };
  const until = async (test: () => Promise<boolean>) => {
    for (let i = 0; i < 300; i++, await sleep(100)) if (await test()) return;
    throw new Error('waited in vain');
  };

  it('Chromium and aiortc each see and hear it, from one encoder, and leave without ending it', async () => {
    const page = await browser.newPage();
    await page.goto(`${server.url}/docs`, { waitUntil: 'domcontentloaded' });
    const { status, location } = await watch(page, `${server.url}/whep`);
    expect(status).toBe(201);
    expect(location).toMatch(new RegExp(`^/whep/${sessionid}/`));

    const playing = python && runPython(python, [PLAYER, `${server.url}/whep/${sessionid}`, '50', '25'], 90_000);
    if (playing) await until(async () => (await health()).native.peer === 2);
    expect((await health()).native).toMatchObject({ 'video-encoder': 1, 'opus-encoder': 1 });
    expect((await health()).sessions).toBe(1);
    await postJson(`${server.url}/human`, { sessionid, type: 'echo', text: TEXT });
    const before = await received(page);
    await until(async () => (await received(page)).totalAudioEnergy > 0.001);
    await until(async () => (await received(page)).framesDecoded > before.framesDecoded + 50);
    expect((await received(page)).totalSamplesReceived).toBeGreaterThan(48_000);

    if (playing) {
      const { stdout, stderr } = await playing;
      if (!stdout.startsWith('{')) throw new Error(`whep.py printed ${stdout}\n${stderr}`);
      const seen = JSON.parse(stdout) as Record<string, number>;
      expect(seen).toMatchObject({ status: 201, sizes: ['720x720'], deleted: 200 });
      expect(seen.pictures).toBeGreaterThanOrEqual(50);
      expect(seen.frames).toBeGreaterThan(seen.loudFrames!);
      expect(seen.loudFrames).toBeGreaterThanOrEqual(25);
    }
    const gone = await page.evaluate(async (at) => (await fetch(at, { method: 'DELETE' })).status, location);
    expect(gone).toBe(200);
    await until(async () => (await health()).native.peer === 0);
    expect((await health()).sessions).toBe(1);
    await page.close();
  });

  it.skipIf(!python)('tells a player that lacks the codec of the program', async () => {
    const { stdout } = await runPython(python!, [PLAYER, `${server.url}/whep`, '1', '0', '--codec', 'vp8']);
    expect(JSON.parse(stdout)).toMatchObject({ status: 406, error: { msg: expect.stringContaining('H.264') } });
  });

  it('is pushed to a WHIP server while it runs, and taken off again', async () => {
    const whip = await WhipServer.start({ token: 'correct-horse' });
    try {
      const url = `${whip.origin}/rtc/v1/whip/?app=live&stream=livestream`;
      const at = `${server.url}/api/sessions/${sessionid}/outputs`;
      const { data } = await postJson<{ data: { id: string; url: string } }>(at, {
        kind: 'whip',
        url,
        token: 'correct-horse',
      });
      expect(data.url).not.toContain('livestream');
      await until(async () => (whip.last?.video.length ?? 0) > 25 && whip.last!.audio.length > 25);
      expect((await health()).native).toMatchObject({ 'video-encoder': 1, whip: 1 });
      await fetch(`${at}/${data.id}`, { method: 'DELETE' });
      expect(whip.last!.deleted).toBe(true);
      expect((await health()).native.whip).toBe(0);
      expect(server.output()).not.toMatch(/correct-horse|livestream/);
    } finally {
      await whip.close();
    }
  });
});
