// npm run bench -- media [seconds]: CPU-ms per second of stream for one viewer, idle, speaking, and speaking while recorded
// (Linux: reads /proc).
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { launchChromium, view } from '../testing/browser';
import { getJson, postJson, startTestServer } from '../testing/server';

const SECONDS = Number(process.argv[2] ?? 20);
const LOOP_SECONDS = 9;
const RECORDING_ROUNDS = 6;
const TEXT = 'The quick brown fox jumps over the lazy dog, and the dog does not mind at all. '.repeat(20);
const server = await startTestServer(['--log_level', 'warn']);
const browser = await launchChromium();

interface Sample {
  atMs: number;
  mainMs: number;
  childMs: number;
  threads: Map<string, number>;
  figures: Record<string, number>;
}

/** On-CPU time of each thread of the server by name, ms. */
function threads(pid: number): Map<string, number> {
  const times = new Map<string, number>();
  for (const id of readdirSync(`/proc/${pid}/task`)) {
    try {
      const name = id === String(pid) ? 'main' : readFileSync(`/proc/${pid}/task/${id}/comm`, 'utf8').trim();
      const ms = Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
      times.set(name, (times.get(name) ?? 0) + ms);
    } catch {
      // the thread ended meanwhile
    }
  }
  return times;
}

async function sample(sessionid: number): Promise<Sample> {
  const { data } = await getJson<{ data: { sessionFigures: Record<string, Record<string, number>> } }>(
    `${server.url}/api/health`,
  );
  return {
    atMs: performance.now(),
    mainMs: server.cpuMs(),
    childMs: server.childCpuMs(),
    threads: threads(server.pid),
    figures: data.sessionFigures[sessionid] ?? {},
  };
}

function report(name: string, a: Sample, b: Sample, target: number): void {
  const seconds = (b.atMs - a.atMs) / 1_000;
  const per = (x: number, y: number) => (y - x) / seconds;
  const total = per(a.mainMs + a.childMs, b.mainMs + b.childMs);
  const figure = (key: string) => per(a.figures[key] ?? 0, b.figures[key] ?? 0);
  console.log(
    `${name}: ${total.toFixed(0)} CPU-ms per second (target <= ${target}), ${figure('picturesSent').toFixed(1)} pictures/s, underruns ${(b.figures.underruns ?? 0) - (a.figures.underruns ?? 0)}, mouth misses ${(b.figures.mouthMisses ?? 0) - (a.figures.mouthMisses ?? 0)}`,
  );
  console.log(
    `  inference process ${per(a.childMs, b.childMs).toFixed(0)}   paste ${figure('pasteMs').toFixed(1)}   RTP ${figure('sendMs').toFixed(1)}`,
  );
  const names = [...b.threads.keys()].map(
    (key) => [key, per(a.threads.get(key) ?? 0, b.threads.get(key) ?? 0)] as const,
  );
  const busy = names.filter(([, ms]) => ms > 0.5).sort((x, y) => y[1] - x[1]);
  console.log(
    `  server threads    ${busy.map(([key, ms]) => `${key} ${ms.toFixed(0)}`).join(', ')}   (libuv-worker: video encoding and decoding)`,
  );
}

/**
 * What recording adds. Windows with and without it alternate, so that whatever else drifts falls on both, and only the server's own
 * process counts: nothing is recorded in the one that infers, whose load depends on the machine.
 */
async function recordingCost(sessionid: number): Promise<void> {
  const record = async (type: string) => {
    const reply = await postJson<{ code: number; msg: string }>(`${server.url}/record`, { sessionid, type });
    if (reply.code !== 0) throw new Error(reply.msg);
    await sleep(1_000); // beginning and ending are not the cost of going on
  };
  let misses = 0;
  const spent = async () => {
    const from = await sample(sessionid);
    await sleep((SECONDS * 1_000) / RECORDING_ROUNDS);
    const to = await sample(sessionid);
    misses += (to.figures.mouthMisses ?? 0) - (from.figures.mouthMisses ?? 0);
    const seconds = (to.atMs - from.atMs) / 1_000;
    const all = (to.mainMs - from.mainMs) / seconds;
    const main = ((to.threads.get('main') ?? 0) - (from.threads.get('main') ?? 0)) / seconds;
    return { all, main, others: all - main };
  };
  type Spent = Awaited<ReturnType<typeof spent>>;
  const rounds: { without: Spent; during: Spent }[] = [];
  for (let i = 0; i < RECORDING_ROUNDS; i++) {
    await postJson(`${server.url}/human`, { sessionid, type: 'echo', text: TEXT, interrupt: true });
    await sleep(2_000);
    // Each order in turn: the first seconds of a speech cost more than the rest, and must not always fall on one side.
    const recordedFirst = i % 2 === 1;
    const before = recordedFirst ? undefined : await spent();
    await record('start_record');
    const during = await spent();
    await record('end_record');
    const without = before ?? (await spent());
    rounds.push({ without, during });
  }
  const added = (key: keyof Spent) => rounds.map(({ without, during }) => during[key] - without[key]);
  const pictures = 2 * SECONDS * 25;
  console.log(
    `recording: ${meanAndDoubt(added('all'))} CPU-ms per second on top of the stream (target <= 30), ${RECORDING_ROUNDS} rounds`,
  );
  console.log(
    `  main thread ${meanAndDoubt(added('main'))} (sound, container)   others ${meanAndDoubt(added('others'))} (keyframes, disk)`,
  );
  if (misses > pictures / 20) {
    console.log(
      `  not to be trusted: ${misses} of ${pictures} pictures had no mouth in time, the machine was too busy`,
    );
  }
}

/** The mean of what the rounds say, and its standard error: other work of the machine falls on some of them and not on others. */
function meanAndDoubt(values: number[]): string {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return `${mean.toFixed(0)} ± ${Math.sqrt(variance / values.length).toFixed(0)}`;
}

try {
  const page = await browser.newPage();
  const { sessionid } = await view(page, server.url);
  await sleep((LOOP_SECONDS + 2) * 1_000); // one whole idle loop: every picture is decoded once
  const idle = await sample(sessionid);
  await sleep(SECONDS * 1_000);
  report('idle', idle, await sample(sessionid), 250);
  await postJson(`${server.url}/human`, { sessionid, type: 'echo', text: TEXT });
  await sleep(2_000);
  // The first time a picture is spoken on, its face is sent to the inference process and prepared there; once per server.
  const preparing = await sample(sessionid);
  await sleep(LOOP_SECONDS * 1_000);
  report('speaking, first loop of the presenter', preparing, await sample(sessionid), 600);
  const speaking = await sample(sessionid);
  await sleep(SECONDS * 1_000);
  report('speaking', speaking, await sample(sessionid), 600);
  await recordingCost(sessionid);
  console.log(`rss ${(server.rssBytes() / 1e6).toFixed(0)} MB`);
} finally {
  await browser.close();
  await server.stop();
}
