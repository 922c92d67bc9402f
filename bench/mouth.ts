// npm run bench -- mouth [weights.pth]: one speaking session. Does it hold 25 pictures a second, what does a picture cost, and how
// long does the server's main thread go without a break? Without weights: the 96 px parity fixture where it is there, else
// lip-mini. CPU time, and wall time where it says so.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { followEvents } from '../testing/events';
import { getJson, postJson, startTestServer, type TestServer } from '../testing/server';
import { saveZip } from '../testing/torch-checkpoint';
import { RtpViewer } from '../testing/viewer';
import { FIXTURES_MISSING, fixtureSpec, fixtureTensors } from '../testing/wav2lip-fixtures';

interface Health {
  mouth: { model: string; mode: string; threads?: number; state: string; recentPictureMs: number; instead?: unknown };
  sessionFigures: Record<string, { picturesSent: number; mouthMisses: number; underruns: number }>;
}

interface MainThread {
  /** CPU-ms between two turns of the event loop, longest first. */
  longest: number[];
  p99: number;
  /** Garbage collections that mark the whole heap. */
  collections: number;
}

const SENTENCE =
  'The lips follow the sound, and the sound follows the words, for as long as somebody has something to say. ';
const SPOKEN_MS = 20_000;
const SLICE_LIMIT_MS = 5;
const METER = fileURLToPath(new URL('parts/main-thread-meter.mjs', import.meta.url));

const dir = mkdtempSync(join(tmpdir(), 'herald-bench-'));
let server: TestServer | undefined;
try {
  let weights = process.argv[2];
  if (!weights && !FIXTURES_MISSING) {
    weights = join(dir, 'lt96.pth');
    saveZip(weights, { tensors: fixtureTensors(fixtureSpec('lt96')), extras: { optimizer: null } });
  }
  const meterFile = join(dir, 'main-thread.json');
  server = await startTestServer(weights ? ['--model', weights] : [], {
    env: { NODE_OPTIONS: `--import=${METER}`, HERALD_METER_FILE: meterFile },
    dataDir: dir,
  });
  await speak(server, meterFile);
} finally {
  await server?.stop();
  rmSync(dir, { recursive: true, force: true });
}

async function speak(server: TestServer, meterFile: string): Promise<void> {
  const { url } = server;
  const health = async () => (await getJson<{ data: Health }>(`${url}/api/health`)).data;
  for (let { mouth } = await health(); mouth.instead || mouth.state !== 'ready'; { mouth } = await health()) {
    await sleep(200);
  }
  const { viewer, sdp } = await RtpViewer.offer();
  const answer = await postJson<{ sdp: string; sessionid: number }>(`${url}/offer`, { sdp, type: 'offer' });
  await viewer.accept(answer.sdp);
  const { sessionid } = answer;
  const events = await followEvents(url, sessionid);
  await postJson(`${url}/human`, { sessionid, type: 'echo', text: SENTENCE.repeat(8) });
  await events.until(({ status }) => status === 'start');
  await sleep(2_000); // what is compiled on first use is compiled
  const before = (await health()).sessionFigures[sessionid]!;
  const [cpuBeforeMs, childrenBeforeMs] = [server.cpuMs(), server.childCpuMs()];
  process.kill(server.pid, 'SIGUSR2');
  await sleep(SPOKEN_MS);
  process.kill(server.pid, 'SIGUSR2');
  const [cpuMs, childrenMs] = [server.cpuMs() - cpuBeforeMs, server.childCpuMs() - childrenBeforeMs];
  const { mouth, sessionFigures } = await health();
  const { longest, p99, collections } = await mainThread(meterFile);
  const after = sessionFigures[sessionid]!;
  const sent = after.picturesSent - before.picturesSent;
  const missed = after.mouthMisses - before.mouthMisses;
  const threads = mouth.threads === undefined ? '' : `, threads: ${mouth.threads}`;
  console.log(`${mouth.model} (${mouth.mode}${threads}), ${mouth.recentPictureMs.toFixed(1)} ms a picture, wall clock`);
  console.log(`pictures a second          ${(sent / (SPOKEN_MS / 1_000)).toFixed(2)}   (target 25)`);
  console.log(`without their mouth        ${missed} of ${sent}   (target 0), underruns ${after.underruns}`);
  const each = (ms: number) => (ms / sent).toFixed(1);
  console.log(
    `CPU-ms a picture           ${each(cpuMs + childrenMs)}, of which lips ${each(childrenMs)}   (two cores have 80)`,
  );
  const met = longest[0]! <= SLICE_LIMIT_MS ? '' : ': NOT MET';
  const all = longest.map((ms) => ms.toFixed(1)).join(', ');
  console.log(`longest slices, CPU-ms     ${all}; 99 % below ${p99.toFixed(1)}   (target <= ${SLICE_LIMIT_MS}${met})`);
  console.log(`whole-heap collections     ${collections}`);
  console.log(`RSS of the server          ${(server.rssBytes() / 1e6).toFixed(0)} MB`);
  events.close();
  await viewer.close();
}

async function mainThread(file: string): Promise<MainThread> {
  while (!existsSync(file)) await sleep(50);
  return JSON.parse(readFileSync(file, 'utf8'));
}
