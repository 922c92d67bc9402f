import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ffprobe } from '../testing/ffprobe';
import { ffmpegComplaints, mediaFacts } from '../testing/media-facts';
import { getJson, postJson, startTestServer, type TestServer } from '../testing/server';
import { RtpViewer } from '../testing/viewer';

interface Listed {
  id: string;
  durationMs: number | null;
  recovered: boolean;
}

let dataDir: string;
let server: TestServer | undefined;
let viewers: RtpViewer[];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'herald data 🎥 '));
  viewers = [];
});
afterEach(async () => {
  for (const viewer of viewers) await viewer.close();
  await server?.stop();
  server = undefined;
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(): Promise<TestServer> {
  server = await startTestServer(['--max_session', '2'], { dataDir });
  return server;
}

async function connect({ url }: TestServer, codec: 'H264' | 'VP8' = 'H264'): Promise<number> {
  const { viewer, sdp } = await RtpViewer.offer(codec);
  viewers.push(viewer);
  const answer = await postJson<{ sdp: string; sessionid: number }>(`${url}/offer`, { sdp, type: 'offer' });
  await viewer.accept(answer.sdp);
  return answer.sessionid;
}

const record = ({ url }: TestServer, sessionid: number, type: string) =>
  postJson<{ code: number; msg: string; file?: string }>(`${url}/record`, { sessionid, type });
/** Pictures that the session's encoder had no time for: no viewer saw them either. */
const dropped = async ({ url }: TestServer, sessionid: number) => {
  type Health = { data: { sessionFigures: Record<string, { droppedPictures?: number }> } };
  const { data } = await getJson<Health>(`${url}/api/health`);
  return data.sessionFigures[sessionid]?.droppedPictures ?? 0;
};
const list = async ({ url }: TestServer) =>
  (await getJson<{ data: { recordings: Listed[] } }>(`${url}/api/recordings`)).data.recordings;

async function download({ url }: TestServer, path: string, name: string): Promise<string> {
  const file = join(dataDir, name);
  const reply = await fetch(`${url}${path}`);
  expect(reply.status).toBe(200);
  writeFileSync(file, Buffer.from(await reply.arrayBuffer()));
  return file;
}

describe('a recording of the real server', () => {
  it('lacks nothing that was encoded, begins sound and picture together, and FFmpeg has nothing against it', async () => {
    const running = await start();
    const sessionid = await connect(running);
    // At once: the viewer is still connecting, and the recording waits for it.
    expect(await record(running, sessionid, 'start_record')).toEqual({ code: 0, msg: 'ok', data: 'ok' });
    expect((await record(running, sessionid, 'start_record')).code).toBe(-1);
    await postJson(`${running.url}/human`, { sessionid, type: 'echo', text: 'This is being recorded. All of it.' });
    await sleep(5_000);
    const ended = await record(running, sessionid, 'end_record');
    const lost = await dropped(running, sessionid); // read last, so that it counts every one that could be missing
    expect(ended).toMatchObject({ code: 0, file: expect.stringMatching(new RegExp(`-clara-${sessionid}\\.mp4$`)) });
    const file = await download(running, `/record/${sessionid}`, 'downloaded.mp4');
    const { video, audio } = await mediaFacts(file);
    const steps = video.times.slice(1).map((t, i) => Math.round((t - video.times[i]!) * 1_000));
    // A machine that is too busy to encode drops pictures for everyone; the recording itself loses none. Where none was
    // dropped, every step must be 40 ms.
    const missing = steps.reduce((sum, ms) => sum + ms / 40 - 1, 0);
    expect(steps.filter((ms) => ms <= 0 || ms % 40 !== 0)).toEqual([]);
    expect(missing).toBeLessThanOrEqual(lost);
    if (lost > 0) console.warn(`this machine was too busy to encode ${lost} pictures`);
    expect(Math.abs(audio.startS - video.startS)).toBeLessThan(0.02);
    if (lost === 0) expect(Math.abs(audio.endS - video.endS)).toBeLessThanOrEqual(0.04 + 1e-6);
    expect(audio.endS).toBeGreaterThan(4.5);
    const [listed] = await list(running);
    expect(Math.abs(listed!.durationMs! - audio.endS * 1_000)).toBeLessThanOrEqual(40);
    expect([video.decodeErrors, audio.decodeErrors]).toEqual([0, 0]);
    const complaints = ffmpegComplaints(file);
    if (complaints === undefined) console.warn('no ffmpeg here: its own opinion of the recording is not asked');
    else expect(complaints).toBe('');
    const probed = ffprobe(file);
    if (!probed) console.warn('no ffprobe here: its own opinion of the recording is not asked');
    else {
      expect(Math.abs(probed.video.startS - probed.audio.startS)).toBeLessThan(0.02);
      expect(probed.video.packets).toBe(video.times.length);
      if (lost === 0) {
        expect(probed.video.averageRate).toBe('25/1');
        // Each sample that was sent: the recording's own count of them, and the sound's.
        for (const { durationS } of [probed.video, probed.audio]) {
          expect(Math.abs(durationS * 1_000 - listed!.durationMs!)).toBeLessThanOrEqual(40);
        }
        expect(probed.video.packets * 0.04).toBeCloseTo(probed.video.durationS, 3);
      }
    }
    const vtt = await (await fetch(`${running.url}/api/recordings/${listed!.id}/subtitles.vtt`)).text();
    expect(vtt).toContain('This is being recorded.');
  });

  it('survives SIGKILL: it plays to within 1.5 s of it, and is offered at the next start', async () => {
    const running = await start();
    const sessionid = await connect(running);
    expect((await record(running, sessionid, 'start_record')).code).toBe(0);
    await sleep(4_000);
    await running.stop('SIGKILL');
    const [part] = readdirSync(join(dataDir, 'recordings')).filter((name) => name.endsWith('.part.mp4'));
    const left = await mediaFacts(join(dataDir, 'recordings', part!));
    expect(Math.min(left.video.endS, left.audio.endS)).toBeGreaterThan(4 - 1.5);
    expect([left.video.decodeErrors, left.audio.decodeErrors]).toEqual([0, 0]);

    const next = await start();
    expect(await list(next)).toMatchObject([{ recovered: true }]); // listed as soon as it answers at all
    await expect.poll(async () => (await list(next))[0]!.durationMs, { timeout: 20_000 }).toBeGreaterThan(2_500);
    const file = await download(next, `/record/${sessionid}`, 'recovered.mp4');
    expect((await mediaFacts(file)).video.endS).toBeGreaterThan(2.5);
    expect(ffmpegComplaints(file) ?? '').toBe('');
  });

  it('is WebM where the viewer takes VP8, and ends with its session', async () => {
    const running = await start();
    const sessionid = await connect(running, 'VP8');
    expect((await record(running, sessionid, 'start_record')).code).toBe(0);
    await sleep(2_000);
    await fetch(`${running.url}/api/sessions/${sessionid}`, { method: 'DELETE' });
    const reply = await fetch(`${running.url}/record/${sessionid}`);
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'video/webm']);
    const file = await download(running, `/record/${sessionid}`, 'ended.webm');
    expect((await mediaFacts(file)).video.endS).toBeGreaterThan(1.5);
  });

  it('goes with a server that is told to stop', async () => {
    const running = await start();
    const sessionid = await connect(running);
    expect((await record(running, sessionid, 'start_record')).code).toBe(0);
    await sleep(2_000);
    expect(await running.stop('SIGTERM')).toBe(0);
    const names = readdirSync(join(dataDir, 'recordings'));
    expect(names.filter((name) => name.endsWith('.mp4'))).toEqual([expect.stringMatching(/-\d{6}\.mp4$/)]);
  });
});
