import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, view } from '../testing/browser';
import { findChromium, INSTALL_CHROMIUM } from '../testing/chromium.mjs';
import { ImpairedLink, type Impairment, UNIMPAIRED } from '../testing/impaired-link';
import { concealedShare, LinkWatch, longestStallMs } from '../testing/link-watch';
import { mediaFacts } from '../testing/media-facts';
import { getJson, postJson, startTestServer, type TestServer } from '../testing/server';
import { RtpViewer } from '../testing/viewer';

const chromium = findChromium();
if (!chromium) console.warn(INSTALL_CHROMIUM);
const TEXT = 'The quick brown fox jumps over the lazy dog, and the dog does not mind at all. '.repeat(12);
// A third of a second of queue: after a longer one Chromium plays sound and picture apart for half a minute (the bench shows it).
const NARROW: Impairment = { rateBps: 300_000, loss: 0.02, delayMs: 50, queueBytes: 12_000 };
const UNDER_MS = 6_000;
const SPS = 7;

/** One bad spell, watched by everyone at once; `npm run bench -- impaired` measures the others. */
describe.skipIf(!chromium)('a viewer whose network carries 300 kbit/s for a while, and loses some', () => {
  let server: TestServer;
  let browser: Browser;
  const link = new ImpairedLink();
  const dataDir = mkdtempSync(join(tmpdir(), 'herald-impaired-'));

  beforeAll(async () => {
    [server, browser] = await Promise.all([startTestServer([], { dataDir }), launchChromium()]);
  });
  afterAll(async () => {
    await browser?.close();
    link.close();
    await server?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('is sent the live rendition and goes on playing, then the program again; nobody else notices', async () => {
    const page = await browser.newPage();
    const { sessionid } = await view(page, server.url, { link, codec: 'H264' });
    const watch = new LinkWatch(page, server.url, sessionid);
    const neighbour = await watchToo(server.url, sessionid);
    await postJson(`${server.url}/record`, { sessionid, type: 'start_record' });
    await postJson(`${server.url}/human`, { sessionid, type: 'echo', text: TEXT });
    await watch.until(({ framesDecoded, onLive }) => framesDecoded > 30 && !onLive, 20_000, 'pictures');
    await watch.until(() => neighbour.video.packets.length > 0, 20_000, "the neighbour's pictures");

    link.toViewer = NARROW;
    const from = watch.samples.length;
    await watch.until(({ onLive }) => onLive, 15_000, 'the live rendition');
    await watch.until(({ widthPx }) => widthPx < 720, 15_000, 'smaller pictures');
    await sleep(UNDER_MS);
    const under = watch.samples.slice(from);
    expect(watch.samples.at(-1)).toMatchObject({ onLive: true });
    expect(watch.samples.at(-1)!.liveBitrateBps).toBeLessThan(300_000);
    expect(longestStallMs(under)).toBeLessThan(2_500);
    expect(concealedShare(under)).toBeLessThan(0.25);
    expect(link.figures.lost).toBeGreaterThan(0);

    link.toViewer = UNIMPAIRED;
    await watch.until(({ onLive, widthPx }) => !onLive && widthPx === 720, 15_000, 'the program again');
    await watch.until(({ offsetMs }) => Math.abs(offsetMs ?? 1_000) <= 60, 30_000, 'sound and picture together');
    const { file } = await postJson<{ file: string }>(`${server.url}/record`, { sessionid, type: 'end_record' });
    await watch.stop();
    expect(file).toBeTruthy();
    expect(server.output()).toMatch(/is sent live: its network carries \d+ kbit\/s by (delay|loss|silence)/);
    const { data } = await getJson<{ data: { sessionFigures: Record<string, Record<string, number>> } }>(
      `${server.url}/api/health`,
    );
    const figures = data.sessionFigures[sessionid]!;
    expect(figures).toMatchObject({ onLive: 0, viewersOnLive: 0 });
    expect(figures.renditionSwitches! % 2).toBe(0);
    expect(figures.sentAgain).toBeGreaterThan(0);

    // One size from beginning to end, one picture after the other.
    const sets = neighbour.video.packets.filter(({ payload }) => (payload[0]! & 0x1f) === SPS);
    expect(new Set(sets.map(({ payload }) => payload.toString('hex'))).size).toBe(1);
    await neighbour.close();
    await recordingIsWhole(sessionid, watch.samples.at(-1)!.droppedPictures);
  });

  async function recordingIsWhole(sessionid: number, dropped: number): Promise<void> {
    const saved = join(dataDir, 'seen.mp4');
    const reply = await fetch(`${server.url}/record/${sessionid}`);
    writeFileSync(saved, Buffer.from(await reply.arrayBuffer()));
    const { video } = await mediaFacts(saved);
    expect(video.decodeErrors).toBe(0);
    const steps = video.times.slice(1).map((t, i) => Math.round((t - video.times[i]!) * 1_000));
    if (dropped === 0) expect(new Set(steps)).toEqual(new Set([40]));
    const missing = steps.reduce((sum, ms) => sum + ms / 40 - 1, 0);
    expect(missing).toBeLessThanOrEqual(dropped);
    expect(video.times.length).toBeGreaterThan((UNDER_MS / 1_000) * 25);
  }
});

/** A viewer of the same session with nothing in its way. */
async function watchToo(url: string, sessionid: number): Promise<RtpViewer> {
  const { viewer, sdp } = await RtpViewer.offer();
  const reply = await fetch(`${url}/whep/${sessionid}`, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp' },
    body: sdp,
  });
  if (reply.status !== 201) throw new Error(`${reply.status} ${await reply.text()}`);
  await viewer.accept(await reply.text());
  return viewer;
}
