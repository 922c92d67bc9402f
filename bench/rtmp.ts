// npm run bench -- rtmp [minutes] [port]: a session without a viewer to nginx's RTMP module; what arrives there, and what restarts cost.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OutputView } from '../src/shared/protocol';
import { writeClapperVideo } from '../testing/actions';
import { clicks, flashes, mediaFacts } from '../testing/media-facts';
import { NginxRtmp } from '../testing/nginx-rtmp';
import { getJson, postJson, startTestServer } from '../testing/server';

const MINUTES = Number(process.argv[2] ?? 2);
const PORT = Number(process.argv[3] ?? 18_935);
const RESTARTS = 3;
/** Longer than any time-out of a connection that died with its server. */
const DOWN_MS = 3_000;
const SETTLE_MS = 20_000;
const RSS_EVERY_MS = 2_000;
const AUDIOTYPE = 2;
const KEY = 'bench-stream-key';

const missing = NginxRtmp.missing();
if (missing) {
  console.log(`There is nothing to measure against: ${missing}`);
  process.exit(1);
}

const dir = mkdtempSync(join(tmpdir(), 'herald-rtmp-'));
const nginx = NginxRtmp.create(dir, PORT);
await nginx.start();
// A film clapper on and on: a white picture every two seconds, and a click with it.
await writeClapperVideo(join(dir, 'clap.mkv'), { pictures: 50, flashAt: [25] });
writeFileSync(
  join(dir, 'actions.json'),
  JSON.stringify([{ audiotype: AUDIOTYPE, video: 'clap.mkv', name: 'clapper', loop: true }]),
);
const server = await startTestServer(['--log_level', 'warn', '--customvideo_config', join(dir, 'actions.json')]);
try {
  const { sessionid } = await postJson<{ sessionid: number }>(`${server.url}/api/sessions`, {});
  const outputs = `${server.url}/api/sessions/${sessionid}/outputs`;
  const output = async () => (await getJson<{ data: { outputs: OutputView[] } }>(outputs)).data.outputs[0]!;
  const untilLive = async (connects: number) => {
    const startedMs = performance.now();
    while ((await output()).figures.connects! < connects) await sleep(50);
    return performance.now() - startedMs;
  };
  await postJson(outputs, { kind: 'rtmp', url: nginx.url(KEY) });
  await postJson(`${server.url}/set_audiotype`, { sessionid, audiotype: AUDIOTYPE });
  await untilLive(1);

  const file = join(dir, 'pulled.flv');
  const pulled = pull(nginx.url(KEY), MINUTES * 60, file);
  const rss: number[] = [];
  const sampler = setInterval(() => rss.push(rssBytes(server.pid)), RSS_EVERY_MS);
  const cpuBefore = pushCpuMs(server.pid);
  const startedMs = performance.now();
  await pulled;
  const cpuMs = ((pushCpuMs(server.pid) - cpuBefore) * 1_000) / (performance.now() - startedMs);

  const backMs: number[] = [];
  for (let i = 0; i < RESTARTS; i++) {
    await nginx.kill();
    await sleep(DOWN_MS);
    await nginx.start();
    backMs.push(await untilLive(i + 2));
    const again = join(dir, `again-${i}.flv`);
    await pull(nginx.url(KEY), 3, again);
    if (probe(again, 'stream=codec_name').split(/\s+/).length < 2) throw new Error('nothing came after the restart');
    await sleep(2_000);
  }
  clearInterval(sampler);
  await tell(file);
  const { figures } = await output();
  console.log(
    `restarts of nginx         back after ${backMs.map((ms) => `${(ms / 1_000).toFixed(1)} s`).join(', ')}   (target within 5 s)`,
  );
  const settled = rss.slice(SETTLE_MS / RSS_EVERY_MS);
  const mb = (bytes: number) => (bytes / 1e6).toFixed(0);
  const rise = (slopePerSample(settled) * 60_000) / RSS_EVERY_MS;
  console.log(
    `memory, server and push   ${mb(settled[0] ?? 0)} MB at first, ${mb(Math.max(...settled))} MB at most, ${mb(settled.at(-1) ?? 0)} MB at last; ${(rise / 1e6).toFixed(2)} MB a minute`,
  );
  console.log(`the push's own process    ${cpuMs.toFixed(0)} CPU-ms per s`);
  console.log(`output                    ${JSON.stringify(figures)}`);
  const { data } = await getJson<{ data: { sessionFigures: Record<string, unknown> } }>(`${server.url}/api/health`);
  console.log(`session                   ${JSON.stringify(data.sessionFigures[sessionid])}`);
  const log = server.output();
  console.log(`stream key in the log     ${log.includes(KEY) ? 'YES' : 'no'}`);
} finally {
  await server.stop();
  await nginx.kill();
  rmSync(dir, { recursive: true, force: true });
}

async function tell(file: string): Promise<void> {
  console.log(
    `ffprobe                   ${probe(file, 'stream=codec_name,profile,width,height,r_frame_rate,sample_rate,channels').replace(/\n/g, '; ')}`,
  );
  const { video, audio } = await mediaFacts(file);
  const rising = (times: number[]) => times.every((time, i) => i === 0 || time > times[i - 1]!);
  const steps = video.times.slice(1).map((time, i) => Math.round((time - video.times[i]!) * 1_000));
  const odd = steps.filter((ms) => ms !== 40);
  console.log(
    `pictures                  ${video.times.length} in ${(video.endS - video.startS).toFixed(2)} s, ${odd.length} steps of other than 40 ms`,
  );
  console.log(
    `timestamps                video ${rising(video.times) ? 'rise' : 'DO NOT RISE'}, audio ${rising(audio.times) ? 'rise' : 'DO NOT RISE'}; decode errors ${video.decodeErrors}, ${audio.decodeErrors}`,
  );
  const gaps = video.keyframeTimes.slice(1).map((time, i) => time - video.keyframeTimes[i]!);
  console.log(
    `keyframes                 ${video.keyframeTimes.length}, at most ${Math.max(...gaps).toFixed(2)} s apart`,
  );
  const heard = clicks(audio);
  const offsets = flashes(video)
    .map(
      (flash) =>
        heard.map((click) => (click - flash) * 1_000).sort((a, b) => Math.abs(a) - Math.abs(b))[0] ?? Number.NaN,
    )
    .filter((ms) => Math.abs(ms) < 500);
  const sorted = [...offsets].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]?.toFixed(1);
  // A picture that the machine was too busy to show is missing from here too: the extremes tell of that, not of the stream.
  console.log(
    `sound - picture           ${offsets.length} claps, least ${at(0)}  p5 ${at(0.05)}  p50 ${at(0.5)}  p95 ${at(0.95)}  most ${at(1)} ms; first ${offsets[0]?.toFixed(1)}, last ${offsets.at(-1)?.toFixed(1)}   (target within 40)`,
  );
}

/** What any viewer of the server gets. */
function pull(url: string, seconds: number, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('ffmpeg', ['-v', 'error', '-y', '-i', url, '-t', String(seconds), '-c', 'copy', file], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    child.once('error', reject);
    child.once('exit', () => resolve());
  });
}

function probe(file: string, entries: string): string {
  return execFileSync('ffprobe', ['-v', 'error', '-show_entries', entries, '-of', 'csv=p=0', file]).toString().trim();
}

/** Of the straight line through evenly spaced samples (least squares). */
function slopePerSample(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  let products = 0;
  let squares = 0;
  for (const [i, value] of values.entries()) {
    products += (i - middle) * (value - mean);
    squares += (i - middle) ** 2;
  }
  return squares > 0 ? products / squares : 0;
}

function rssBytes(pid: number): number {
  return [pid, ...pushes(pid)].reduce((sum, id) => sum + rssOf(id), 0);
}

function rssOf(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1_024;
  } catch {
    return 0; // it has just ended
  }
}

function pushes(pid: number): number[] {
  const ids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number);
  return ids.filter((id) => {
    try {
      return readFileSync(`/proc/${id}/cmdline`, 'utf8').includes('rtmp.js');
    } catch {
      return false;
    }
  });
}

function pushCpuMs(pid: number): number {
  return pushes(pid).reduce((sum, id) => {
    const fields = readFileSync(`/proc/${id}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) * 10; // USER_HZ is 100 on every Linux
  }, 0);
}
