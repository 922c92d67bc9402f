// npm run bench -- rtmp [minutes] [port]: a session without a viewer to nginx's RTMP module, which is killed three times meanwhile:
// what arrives there, what the restarts cost, and what the memory does. Ends with 1 where something is not as it should be (Linux).
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { OutputView } from '../src/shared/protocol';
import { writeClapperVideo } from '../testing/actions';
import { NginxRtmp } from '../testing/nginx-rtmp';
import { getJson, postJson, startTestServer } from '../testing/server';
import { inspect, type Pulled, pull } from './parts/pulled';
import { slopeOfBlocks } from './parts/slope';
import { childrenOf, cpuMs, rssBytes, waitedMs } from './parts/threads';

const MINUTES = Number(process.argv[2] ?? 2);
const PORT = Number(process.argv[3] ?? 18_935);
const RESTARTS = 3;
/** Longer than any time-out of a connection that died with its server. */
const DOWN_MS = 3_000;
const BACK_WITHIN_MS = 5_000;
const SAMPLE_EVERY_MS = 500;
const PICTURE_MS = 40;
/** Caches fill and code is compiled: the memory's line is drawn through the rest. */
const SETTLE_SHARE = 0.2;
const BLOCK_MS = 20_000;
const FLAT_MB_PER_MINUTE = 0.5;
/** A drop is counted with the sample in which it was seen and the one before. */
const DROP_SAMPLES = 2;
const AUDIOTYPE = 2;
const KEY = 'bench-stream-key';
const METER = fileURLToPath(new URL('parts/stall-meter.mjs', import.meta.url));

/** Half a second of the run. */
interface Sample {
  dropped: number;
  /** How long threads of the server were ready and not let, ms. */
  waited: { main: number; others: number };
}

interface Stall {
  endMs: number;
  ms: number;
  cpuMs: number;
  waitMs: number;
  collectedMs: number;
}

/** What was left after a collection of the whole heap. */
interface Lives {
  endMs: number;
  heapUsed: number;
  external: number;
}

/** Bytes that are resident. */
interface Resident {
  server: number;
  push: number;
}

const missing = NginxRtmp.missing();
if (missing) {
  console.log(`There is nothing to measure against: ${missing}`);
  process.exit(1);
}

let unmet = 0;
const say = (name: string, what: string, met?: boolean) => {
  if (met === false) unmet++;
  console.log(`${name.padEnd(26)}${what}${met === undefined ? '' : met ? '   (met)' : '   (NOT MET)'}`);
};

const dir = mkdtempSync(join(tmpdir(), 'herald-rtmp-'));
const stallsFile = join(dir, 'stalls.jsonl');
const nginx = NginxRtmp.create(dir, PORT);
await nginx.start();
// A film clapper on and on: a white picture every two seconds, and a click with it.
await writeClapperVideo(join(dir, 'clap.mkv'), { pictures: 50, flashAt: [25] });
writeFileSync(
  join(dir, 'actions.json'),
  JSON.stringify([{ audiotype: AUDIOTYPE, video: 'clap.mkv', name: 'clapper', loop: true }]),
);
const server = await startTestServer(['--log_level', 'warn', '--customvideo_config', join(dir, 'actions.json')], {
  env: { NODE_OPTIONS: `--import=${METER}`, HERALD_STALLS_FILE: stallsFile },
});
try {
  const { sessionid } = await postJson<{ sessionid: number }>(`${server.url}/api/sessions`, {});
  const outputs = `${server.url}/api/sessions/${sessionid}/outputs`;
  const output = async () => (await getJson<{ data: { outputs: OutputView[] } }>(outputs)).data.outputs[0]!;
  const untilLive = async (connects: number) => {
    const startedMs = performance.now();
    while ((await output()).figures.connects! < connects) await sleep(50);
    return performance.now() - startedMs;
  };
  const session = async () =>
    (await getJson<{ data: { sessionFigures: Record<string, Record<string, number>> } }>(`${server.url}/api/health`))
      .data.sessionFigures[sessionid]!;
  const push = () => childrenOf(server.pid, 'rtmp.js');

  await postJson(outputs, { kind: 'rtmp', url: nginx.url(KEY) });
  await postJson(`${server.url}/set_audiotype`, { sessionid, audiotype: AUDIOTYPE });
  await untilLive(1);

  const rss: Resident[] = [];
  const samples: Sample[] = [];
  const beganAtMs = Date.now();
  const [beganMs, waitedBefore] = [performance.now(), waitedMs(server.pid)];
  let waitedSoFar = waitedBefore;
  const droppedBefore = (await session()).droppedPictures!;
  let droppedSoFar = droppedBefore;
  const sampler = setInterval(async () => {
    rss.push({ server: rssBytes(server.pid), push: push().reduce((sum, pid) => sum + rssBytes(pid), 0) });
    const waited = waitedMs(server.pid);
    const dropped = (await session().catch(() => undefined))?.droppedPictures ?? droppedSoFar;
    const { main, others } = waitedSoFar;
    samples.push({
      dropped: dropped - droppedSoFar,
      waited: { main: waited.main - main, others: waited.others - others },
    });
    [waitedSoFar, droppedSoFar] = [waited, dropped];
  }, SAMPLE_EVERY_MS);
  const [pusher] = push();
  const pushCpuBefore = cpuMs(pusher!);
  const files: string[] = [];
  const backMs: number[] = [];
  const stretchMs = (MINUTES * 60_000) / (RESTARTS + 1);
  for (let i = 0; i <= RESTARTS; i++) {
    const file = join(dir, `pulled-${i}.flv`);
    files.push(file);
    const leftMs = beganMs + stretchMs * (i + 1) - performance.now();
    const pulled = pull(nginx.url(KEY), i === RESTARTS ? leftMs / 1_000 : 2 * stretchMs, file);
    await (i === RESTARTS ? pulled : sleep(leftMs));
    if (i === RESTARTS) break;
    await nginx.kill();
    await pulled;
    await sleep(DOWN_MS);
    await nginx.start();
    backMs.push(await untilLive(i + 2));
  }
  clearInterval(sampler);
  const seconds = (performance.now() - beganMs) / 1_000;
  const waited = waitedMs(server.pid);
  const pushCpuMs = cpuMs(pusher!) - pushCpuBefore;
  const figures = await session();
  const { figures: sent } = await output();

  const stretches: Pulled[] = [];
  for (const file of files) stretches.push(await inspect(file));
  tellStream(stretches, seconds);
  const s = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  const back = `live again ${backMs.map(s).join(', ')} after it listened, ${s(DOWN_MS)} after it was killed`;
  say('restarts of nginx', `${back} (target within ${s(BACK_WITHIN_MS)})`, Math.max(...backMs) <= BACK_WITHIN_MS);
  tellDrops(figures.droppedPictures! - droppedBefore, samples);
  const perSecond = (ms: number) => (ms / seconds).toFixed(1);
  say(
    'waiting for a processor',
    `main thread ${perSecond(waited.main - waitedBefore.main)} ms per s, the server's others ${perSecond(waited.others - waitedBefore.others)}`,
  );
  tellMemory(rss, beganAtMs + seconds * 1_000 * SETTLE_SHARE);
  say("the push's own process", `${perSecond(pushCpuMs)} CPU-ms per s`);
  say('output', JSON.stringify(sent));
  say('session', JSON.stringify(figures));
  const leaked = server.output().includes(KEY);
  say('stream key in the log', leaked ? 'yes' : 'no', !leaked);
} finally {
  await server.stop();
  await nginx.kill();
  rmSync(dir, { recursive: true, force: true });
}
process.exitCode = unmet > 0 ? 1 : 0;

function tellStream(stretches: readonly Pulled[], seconds: number): void {
  const kinds = [...new Set(stretches.map(({ streams }) => streams))];
  say('ffprobe', kinds.join(' | '), kinds.length === 1 && /h264.*25\/1.*aac|aac.*h264.*25\/1/.test(kinds[0]!));
  const sum = (of: (pulled: Pulled) => number) => stretches.reduce((total, pulled) => total + of(pulled), 0);
  const gaps = stretches.flatMap(({ gaps }) => gaps);
  const lost = gaps.reduce((total, { missing }) => total + missing, 0);
  say(
    'pictures',
    `${sum(({ pictures }) => pictures)} in ${stretches.length} stretches of together ${sum((p) => p.seconds).toFixed(2)} s of ${seconds.toFixed(1)} s`,
  );
  say('gaps besides restarts', `${gaps.length}, ${lost} pictures (target none)`, gaps.length === 0);
  const rising = stretches.every((pulled) => pulled.rising);
  const errors = sum(({ decodeErrors }) => decodeErrors);
  say('timestamps', `${rising ? 'rise' : 'DO NOT RISE'}; decode errors ${errors}`, rising && errors === 0);
  const gop = Math.max(...stretches.map(({ longestGopS }) => longestGopS));
  say('keyframes', `${sum(({ keyframes }) => keyframes)}, at most ${gop.toFixed(2)} s apart`);
  const offsets = stretches.flatMap(({ offsetsMs }) => offsetsMs).sort((a, b) => a - b);
  const at = (share: number) => offsets[Math.min(offsets.length - 1, Math.floor(offsets.length * share))] ?? Number.NaN;
  const spread = `least ${at(0).toFixed(1)}, median ${at(0.5).toFixed(1)}, most ${at(1).toFixed(1)} ms`;
  const together = Math.abs(at(0)) <= PICTURE_MS && Math.abs(at(1)) <= PICTURE_MS;
  say('sound less picture', `${offsets.length} claps: ${spread} (target within ${PICTURE_MS})`, together);
}

/** The meter's lines that have this. */
function metered<Line>(name: keyof Line & string): Line[] {
  const lines = existsSync(stallsFile) ? readFileSync(stallsFile, 'utf8').trim().split('\n').filter(Boolean) : [];
  return lines.map((line) => JSON.parse(line)).filter((line) => name in line);
}

/** Where pictures were dropped: did the server compute, or was it not let? */
function tellDrops(dropped: number, samples: readonly Sample[]): void {
  const stalls = metered<Stall>('ms');
  const ms = (of: (stall: Stall) => number) => stalls.reduce((sum, stall) => sum + of(stall), 0).toFixed(0);
  const most = stalls.reduce((longest, stall) => Math.max(longest, stall.ms), 0).toFixed(0);
  const spent = `${ms((s) => s.waitMs)} ms of them waiting for a processor, ${ms((s) => s.cpuMs)} computing (${ms((s) => s.collectedMs)} collecting)`;
  say(
    'stalls of over 100 ms',
    `${stalls.length} since its start, ${ms((s) => s.ms)} ms in all, ${most} the longest; ${spent}`,
  );
  const before = (at: number) => samples.slice(Math.max(0, at + 1 - DROP_SAMPLES), at + 1);
  const waits = samples.flatMap(({ dropped }, at) =>
    dropped > 0 ? [before(at).flatMap(({ waited }) => [waited.main, waited.others])] : [],
  );
  const when =
    waits.length > 0
      ? `; in the second before, its threads waited ${waits.map((all) => all.reduce((a, b) => a + b, 0).toFixed(0)).join(', ')} ms for a processor`
      : '';
  say('dropped by the encoder', `${dropped}${when}`);
}

function tellMemory(rss: readonly Resident[], settledAtMs: number): void {
  const settled = rss.slice(rss.length * SETTLE_SHARE);
  const mb = (bytes = 0) => (bytes / 1e6).toFixed(0);
  const range = (values: readonly number[]) =>
    `${mb(values[0])} MB, ${mb(Math.max(...values))} at most, ${mb(values.at(-1))} at last`;
  const all = settled.map(({ server, push }) => server + push);
  const { perMinute, off } = riseMb(all);
  const line = `${perMinute.toFixed(2)} +- ${off.toFixed(2)} MB a minute (two standard errors; target: none, or less than ${FLAT_MB_PER_MINUTE})`;
  // Too short a run has no line.
  const flat = Number.isNaN(perMinute) ? undefined : perMinute - off <= 0 || perMinute < FLAT_MB_PER_MINUTE;
  say('memory, server and push', `after ${SETTLE_SHARE * 100} % of the time ${range(all)}; ${line}`, flat);
  const part = (name: string, values: number[]) => {
    const { perMinute, off } = riseMb(values);
    say(`  ${name}`, `${range(values)}; ${perMinute.toFixed(2)} +- ${off.toFixed(2)} MB a minute`);
  };
  part(
    'the server',
    settled.map(({ server }) => server),
  );
  part(
    'the push',
    settled.map(({ push }) => push),
  );
  part('in the second half', all.slice(all.length / 2));
  const lives = metered<Lives>('heapUsed').filter(({ endMs }) => endMs >= settledAtMs);
  const heap = lives.map(({ heapUsed }) => (heapUsed / 1e6).toFixed(1));
  say(
    '  on the heap',
    `${heap[0]} MB after the first of ${heap.length} full collections, ${heap.at(-1)} after the last`,
  );
}

function riseMb(bytes: readonly number[]): { perMinute: number; off: number } {
  const { perBlock, error } = slopeOfBlocks(bytes, BLOCK_MS / SAMPLE_EVERY_MS);
  const [perMinute, off] = [perBlock, 2 * error].map((value) => (value * 60_000) / BLOCK_MS / 1e6) as [number, number];
  return { perMinute, off };
}
