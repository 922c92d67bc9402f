// npm run bench -- mouth [weights.pth]: one speaking session. Does it hold 25 pictures a second, and how long does the server's main
// thread go without a break? Without weights: the 96 px parity fixture where it is there, else lip-mini. Wall time.
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createLogger } from '../src/main/server/log';
import { startServer } from '../src/main/server/start';
import { defaultSettings } from '../src/shared/settings';
import { followEvents } from '../testing/events';
import { getJson, postJson } from '../testing/server';
import { saveZip } from '../testing/torch-checkpoint';
import { RtpViewer } from '../testing/viewer';
import { FIXTURES_MISSING, fixtureSpec, fixtureTensors } from '../testing/wav2lip-fixtures';

interface Health {
  mouth: { model: string; mode: string; state: string; recentPictureMs: number; instead?: unknown };
  sessionFigures: Record<string, { picturesSent: number; mouthMisses: number; underruns: number }>;
}

const SENTENCE =
  'The lips follow the sound, and the sound follows the words, for as long as somebody has something to say. ';
const SPOKEN_MS = 20_000;
const SLICE_LIMIT_MS = 5;

const folder = process.env.HERALD_BENCH_FOLDER;
if (folder && process.send) await serve(folder, process.argv[2]);
else await measure(process.argv[2]);

async function measure(weights: string | undefined): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'herald-bench-'));
  let child: ChildProcess | undefined;
  try {
    let model = weights;
    if (!model && !FIXTURES_MISSING) {
      model = join(dir, 'lt96.pth');
      saveZip(model, { tensors: fixtureTensors(fixtureSpec('lt96')), extras: { optimizer: null } });
    }
    child = fork(fileURLToPath(import.meta.url), model ? [model] : [], {
      env: { ...process.env, HERALD_BENCH_FOLDER: dir },
    });
    const { url } = await said<{ url: string }>(child);
    await speak(url, child);
  } finally {
    if (child?.connected) {
      const ended = new Promise((done) => child!.once('exit', done));
      child.send('close');
      await ended;
    }
    rmSync(dir, { recursive: true, force: true });
  }
}

async function speak(url: string, child: ChildProcess): Promise<void> {
  const health = async () => (await getJson<{ data: Health }>(`${url}/api/health`)).data;
  for (let mouth = (await health()).mouth; mouth.instead || mouth.state !== 'ready'; mouth = (await health()).mouth) {
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
  child.send('begin');
  const before = (await health()).sessionFigures[sessionid]!;
  await sleep(SPOKEN_MS);
  const { mouth, sessionFigures } = await health();
  child.send('end');
  const slices = await said<{ longest: number[] }>(child);
  const after = sessionFigures[sessionid]!;
  const sent = after.picturesSent - before.picturesSent;
  const missed = after.mouthMisses - before.mouthMisses;
  console.log(`${mouth.model} (${mouth.mode}), ${mouth.recentPictureMs.toFixed(1)} ms a picture`);
  console.log(`pictures a second          ${(sent / (SPOKEN_MS / 1_000)).toFixed(2)}   (target 25)`);
  console.log(`without their mouth        ${missed} of ${sent}   (target 0), underruns ${after.underruns}`);
  const met = slices.longest[0]! <= SLICE_LIMIT_MS ? '' : ': NOT MET';
  const longest = slices.longest.map((ms) => ms.toFixed(1)).join(', ');
  console.log(`longest slices, CPU-ms     ${longest}   (target <= ${SLICE_LIMIT_MS}${met})`);
  events.close();
  await viewer.close();
}

function said<T>(child: ChildProcess): Promise<T> {
  return new Promise((done, failed) => {
    child.once('message', (message) => done(message as T));
    child.once('exit', (code) => failed(new Error(`the server ended with ${code}`)));
  });
}

/** The server, and beside it a meter of how much CPU its main thread takes between two turns of a 1 ms timer. */
async function serve(dataDir: string, model: string | undefined): Promise<void> {
  const settings = { ...defaultSettings(), host: '127.0.0.1', listenport: 0, rate_limit: 0, tts: 'espeak' };
  const log = createLogger('warn');
  const server = await startServer({ ...settings, ...(model ? { model } : {}) }, { log, dataDir });
  let longest: number[] = [];
  let last = onCpuMs();
  setInterval(() => {
    const now = onCpuMs();
    longest = [...longest, now - last].sort((a, b) => b - a).slice(0, 5);
    last = onCpuMs();
  }, 1);
  process.on('message', async (message) => {
    if (message === 'begin') longest = [];
    if (message === 'end') process.send!({ longest });
    if (message !== 'close') return;
    await server.close();
    process.exit(0);
  });
  process.send!({ url: server.url });
}

/** CPU time of the main thread alone (Linux; its thread id is the process's). */
function onCpuMs(): number {
  return Number(readFileSync(`/proc/${process.pid}/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
}
