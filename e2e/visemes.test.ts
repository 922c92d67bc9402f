import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VisemePicture, VisemesEvent } from '../src/shared/viseme-protocol';
import { followEvents } from '../testing/events';
import { getJson, postJson, startTestServer, type TestServer } from '../testing/server';
import { RtpViewer } from '../testing/viewer';

const PICTURE_TICKS = 3_600;
const SPOKEN_SAMPLES = 1_920;
/** Long enough to be interrupted; begins with lips that meet. */
const TEXT = 'My mother made more marmalade. Papa plays the piano in the park, and everybody claps. '.repeat(3);

/** The built server, a viewer that opens a data channel, and a reader of /sse beside it. */
describe('visemes of a session', () => {
  let server: TestServer;
  let viewer: RtpViewer;
  let sessionid: number;
  const messages: VisemesEvent[] = [];
  const told: VisemePicture[] = [];

  beforeAll(async () => {
    server = await startTestServer();
    await until(() => server.output().includes('mouth ready')); // it is the mouth's process that hears
    const offered = await RtpViewer.offer('H264', { dataChannel: 'visemes' });
    viewer = offered.viewer;
    viewer.channel!.onMessage.subscribe((data) => void messages.push(JSON.parse(String(data)) as VisemesEvent));
    const body = { sdp: offered.sdp, type: 'offer', visemes: true };
    const answer = await postJson<{ sdp: string; sessionid: number }>(`${server.url}/offer`, body);
    sessionid = answer.sessionid;
    await viewer.accept(answer.sdp);
    const events = await followEvents(server.url, sessionid, '&visemes=true');
    await until(() => viewer.channel!.readyState === 'open');
    await postJson(`${server.url}/human`, { sessionid, type: 'echo', text: TEXT });
    await until(() => messages.length > 75);
    await postJson(`${server.url}/interrupt_talk`, { sessionid });
    await until(() => messages.at(-1)?.pictures[0]?.visemes.sil === 1);
    const after = messages.length;
    await sleep(500);
    expect(messages.length).toBe(after); // silence is told once
    for (const event of events.events as unknown as VisemesEvent[]) {
      if (event.status === 'visemes') told.push(...event.pictures);
    }
    events.close();
  }, 90_000);
  afterAll(async () => {
    await viewer?.close();
    await server?.stop();
  });

  it('come one a picture, in order, and move with the sentence', () => {
    const pictures = messages.flatMap((message) => message.pictures);
    expect(messages.every(({ status, pictures: one }) => status === 'visemes' && one.length === 1)).toBe(true);
    const steps = pictures.slice(1).map(({ ptsSamples }, i) => (ptsSamples - pictures[i]!.ptsSamples) / SPOKEN_SAMPLES);
    expect(steps.every((step) => Number.isInteger(step) && step >= 1)).toBe(true);
    const strongest = new Set(
      pictures.map(({ visemes }) => Object.entries(visemes).sort((a, b) => b[1] - a[1])[0]![0]),
    );
    expect([...strongest]).toEqual(expect.arrayContaining(['PP', 'aa']));
    for (const { visemes } of pictures) {
      expect(Object.values(visemes).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
    }
  });

  it('carry the RTP timestamps that their pictures and sound were sent with', () => {
    const seen = new Set(viewer.video.packets.map(({ timestamp }) => timestamp));
    const heard = new Set(viewer.audio.packets.map(({ timestamp }) => timestamp));
    const pictures = messages.flatMap((message) => message.pictures);
    expect(pictures.filter(({ rtp }) => !heard.has(rtp!.audio!))).toEqual([]);
    // A busy machine's encoder leaves pictures out; those that were sent have these timestamps and no others.
    expect(pictures.filter(({ rtp }) => seen.has(rtp!.video!)).length).toBeGreaterThan(0);
    const origin = pictures[0]!.rtp!.video!;
    expect([...seen].every((timestamp) => ((timestamp - origin) | 0) % PICTURE_TICKS === 0)).toBe(true);
    const [first, last] = [pictures[0]!, pictures.at(-1)!];
    const ticks = ((last.rtp!.video! - first.rtp!.video!) >>> 0) / PICTURE_TICKS;
    expect(ticks).toBe((last.ptsSamples - first.ptsSamples) / SPOKEN_SAMPLES);
  });

  it('are the same on /sse, in events of a few pictures', () => {
    const sent = new Map(messages.flatMap(({ pictures }) => pictures).map((one) => [one.ptsSamples, one]));
    expect(told.length).toBeGreaterThan(50);
    for (const picture of told) expect(sent.get(picture.ptsSamples) ?? picture).toEqual(picture);
    expect(told.at(-1)!.visemes).toEqual({ sil: 1 });
  });

  it('want a data channel in the offer, and are in the API document', async () => {
    const { viewer: plain, sdp } = await RtpViewer.offer();
    const reply = await fetch(`${server.url}/offer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sdp, type: 'offer', visemes: true }),
    });
    await plain.close();
    expect([reply.status, ((await reply.json()) as { msg: string }).msg]).toEqual([
      400,
      expect.stringContaining("createDataChannel('visemes')"),
    ]);
    const document = JSON.stringify(await getJson(`${server.url}/openapi.json`));
    for (const name of ['turnMs', 'mouthPucker', 'visemes']) expect(document).toContain(name);
  });
});

async function until(test: () => boolean, limitMs = 40_000): Promise<void> {
  for (let waitedMs = 0; !test(); waitedMs += 50) {
    if (waitedMs > limitMs) throw new Error('waited in vain');
    await sleep(50);
  }
}
