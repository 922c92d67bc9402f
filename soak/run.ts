import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTestServer, type TestServer } from '../testing/server';
import { Actor } from './actor';
import { compareCalms } from './calm';
import { Client } from './client';
import { Gate } from './gate';
import { Invariants } from './invariants';
import { startModel } from './model';
import type { SoakOptions } from './options';
import { soakPromises } from './promises';
import { RecordingBook } from './recordings';
import { duration, type Report, writeReport } from './report';
import { Roster } from './roster';
import { type Sample, Sampler } from './sampler';
import { blockMeans, slopeOf, verdictOf } from './slope';
import { uploads } from './uploads';

const SAMPLE_EVERY_MS = 5_000;
const COMPARE_EVERY_MS = 1_000;
const TELL_EVERY_MS = 30_000;
/** Actors end what they do at their next step. */
const OUT_WITHIN_MS = 60_000;
const CALM_LIMIT_MS = 15_000;
const PLAYED_PER_CALM = 12;

/** Actors at a server for so long; what is promised is checked all the time. @returns whether all of it was kept */
export async function soak(options: SoakOptions, stop: AbortSignal, tell: (line: string) => void): Promise<boolean> {
  const { seconds, sessions, seed } = options;
  let beganMs = performance.now();
  const startedAt = new Date().toISOString();
  const nowS = () => (performance.now() - beganMs) / 1_000;
  const invariants = new Invariants(nowS, soakPromises(options.missingPictures));
  const folder = mkdtempSync(join(tmpdir(), 'herald-soak-'));
  const model = await startModel();
  const server = options.url ? undefined : await startServer(options, model.url, folder);
  const client = new Client(options.url ?? server!.url, invariants);
  const ended = new AbortController();
  let cutShort: string | undefined;
  const end = (why: string) => {
    cutShort ??= why;
    ended.abort();
  };
  stop.addEventListener('abort', () => end('stopped by hand'), { once: true });
  let finished = false;
  void server?.exited.then((code) => {
    if (finished || stop.aborted) return;
    const log = () => server.output().split('\n').slice(-30);
    invariants.see('server alive', 1, { name: 'the server', log }, `it ended with ${code}`);
    end(`the server ended with ${code}`);
  });

  const roster = new Roster(invariants);
  const gate = new Gate(sessions);
  const recordings = new RecordingBook(client, invariants, folder);
  const sampler = new Sampler(client, options.pid ?? server?.pid, nowS);
  const samples: Sample[] = [];
  const calms: Sample[] = [];
  let worstOffsetMs = 0;
  invariants.onSeen = (name, value) => {
    if (name === 'sound and picture together') worstOffsetMs = Math.max(worstOffsetMs, value);
  };
  const actors: Actor[] = [];

  /** All leave; what is left then is compared with the first time. */
  const calm = async (): Promise<void> => {
    try {
      if (!(await gate.close(OUT_WITHIN_MS, ended.signal))) {
        if (!ended.signal.aborted) tell('not everyone left for the calm: it is not counted');
        return;
      }
      const sample = await settled(ended.signal);
      if (ended.signal.aborted) return;
      calms.push(sample);
      if (calms.length > 1) compareCalms(invariants, calms[0]!, sample);
      await recordings.check({ most: PLAYED_PER_CALM, deleting: true });
    } finally {
      gate.reopen();
    }
  };
  /** A look at a server that nobody uses; at the last of its sessions if they do not go. */
  const settled = async (signal: AbortSignal): Promise<Sample> => {
    await sleep(options.calmMs, undefined, { signal }).catch(() => {});
    const untilMs = performance.now() + CALM_LIMIT_MS;
    let sample = await look();
    while (sample.sessions > 0 && performance.now() < untilMs && !signal.aborted) {
      await sleep(500);
      sample = await look();
    }
    return sample;
  };
  const rest = (ms: number) => sleep(ms, undefined, { signal: ended.signal }).catch(() => {});
  const look = async (): Promise<Sample> => {
    const sample = await sampler.take({ connected: roster.count, offsetMs: worstOffsetMs });
    worstOffsetMs = 0;
    return sample;
  };

  try {
    const presenters = await presentersOf(client);
    const files = uploads();
    for (let i = 0; i < sessions; i++) {
      const signal = ended.signal;
      const parts = {
        client,
        invariants,
        roster,
        recordings,
        gate,
        seed,
        presenters,
        uploads: files,
        signal,
        nowS,
      };
      actors.push(new Actor(i + 1, parts));
    }
    tell(`${sessions} actors at ${client.url} for ${duration(seconds)}, seed ${seed}; report in ${options.out}`);
    invariants.see('server alive', 0);
    beganMs = performance.now();
    const acting = Promise.all(actors.map((actor) => actor.run()));
    const calmEveryS = Math.max(60, Math.min(600, seconds / 5));
    let nextCalmS = calmEveryS;
    let calming: Promise<unknown> = Promise.resolve();
    let [sampledMs, toldMs] = [performance.now(), performance.now()];
    while (nowS() < seconds && !ended.signal.aborted) {
      await rest(Math.max(0, Math.min(COMPARE_EVERY_MS, (seconds - nowS()) * 1_000)));
      if (ended.signal.aborted) break;
      // One reply that fails is told by 'replies are proper' or by the server's end.
      const listed = await idsOf(client).catch(() => undefined);
      if (listed) roster.compare(listed, performance.now());
      if (performance.now() - sampledMs >= SAMPLE_EVERY_MS) {
        sampledMs = performance.now();
        const sample = await look().catch(() => undefined);
        if (sample) samples.push(sample);
      }
      if (performance.now() - toldMs >= TELL_EVERY_MS) {
        toldMs = performance.now();
        tell(progressOf(nowS(), samples.at(-1), actors, invariants));
      }
      if (nowS() >= nextCalmS && seconds - nowS() > calmEveryS / 2) {
        nextCalmS = Number.POSITIVE_INFINITY;
        calming = calm()
          .catch((error: unknown) => tell(`the calm failed: ${error}`))
          .finally(() => (nextCalmS = nowS() + calmEveryS));
      }
    }
    ended.abort();
    await Promise.all([acting, calming]);
    finished = true;
    // Actors are through, so nobody passes the gate any more: a last calm without them, where there is a server to be calm.
    if (!stop.aborted && invariants.broken.every(({ name }) => name !== 'server alive')) {
      const last = await settled(stop);
      roster.compare(last.ids, performance.now());
      if (calms[0]) compareCalms(invariants, calms[0], last);
      calms.push(last);
      await recordings.check({ most: Number.POSITIVE_INFINITY, deleting: false });
    }
    concludeMemory(invariants, samples, nowS());
  } finally {
    finished = true;
    ended.abort();
    gate.reopen();
    const report: Report = {
      title: 'Soak',
      command: `npm run soak -- ${process.argv.slice(2).join(' ')}`,
      seed,
      startedAt,
      seconds: nowS(),
      ...(cutShort && { cutShort }),
      findings: invariants.all,
      figures: figuresOf(actors, recordings, samples, model.requests.length, roster.begun),
      calms,
    };
    const text = writeReport(options.out, report, samples, client);
    tell(text.slice(0, text.indexOf('## Requests')));
    await server?.stop();
    await model.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return invariants.broken.length === 0;
}

function startServer({ sessions, port }: SoakOptions, modelUrl: string, folder: string): Promise<TestServer> {
  const dataDir = join(folder, 'data');
  const flags = ['--max_session', `${sessions + 1}`, '--llm_base_url', modelUrl, '--llm_model', 'scripted'];
  return startTestServer([...flags, '--log_level', 'warn', '--listenport', `${port}`], { dataDir });
}

async function presentersOf(client: Client): Promise<string[]> {
  const { avatars } = await client.data<{ avatars: { id: string; kind: string }[] }>('/api/avatars');
  return avatars
    .filter(({ kind }) => kind === 'presenter')
    .map(({ id }) => id)
    .sort();
}

async function idsOf(client: Client): Promise<number[]> {
  const { sessions } = await client.data<{ sessions: { sessionid: number }[] }>('/api/admin/sessions');
  return sessions.map(({ sessionid }) => sessionid);
}

function concludeMemory(invariants: Invariants, samples: readonly Sample[], seconds: number): void {
  const warmUpS = Math.max(seconds * 0.25, Math.min(1_800, seconds / 2));
  const points = samples.filter(({ atS, treeRssMb }) => atS >= warmUpS && Number.isFinite(treeRssMb));
  // Neighbours are alike: a minute is one observation.
  const hourly = blockMeans(
    points.map(({ atS, treeRssMb }) => [atS / 3_600, treeRssMb] as const),
    1 / 60,
  );
  const found = slopeOf(hourly);
  if (Number.isNaN(found.slope)) return;
  const { limit } = invariants.all.find(({ name }) => name === 'memory level')!;
  const remark = `${found.slope.toFixed(1)} +- ${found.plusMinus.toFixed(1)} MB/h (95 %), ${found.points} minutes after ${duration(warmUpS)}`;
  invariants.conclude('memory level', verdictOf(found, limit), found.slope, remark);
}

function progressOf(atS: number, sample: Sample | undefined, actors: readonly Actor[], invariants: Invariants): string {
  const sum = (of: (actor: Actor) => number) => actors.reduce((total, actor) => total + of(actor), 0);
  const broken = invariants.broken.map(({ name }) => name);
  const figures = sample
    ? `${sample.sessions} sessions, ${Math.round(sample.treeRssMb)} MB, ${sample.cpuCores.toFixed(2)} cores (kit ${sample.kitCpuCores.toFixed(2)}), ` +
      `worst offset ${sample.offsetMs.toFixed(0)} ms, ` +
      `${sample.waitingThreads.toFixed(2)} threads waiting for a CPU`
    : 'no sample yet';
  return (
    `${duration(atS)}: ${figures}, ${sum(({ done }) => done.visits)} visits, ${sum(({ done }) => done.steps)} steps` +
    `${broken.length > 0 ? `, BROKEN: ${broken.join(', ')}` : ''}`
  );
}

function figuresOf(
  actors: readonly Actor[],
  recordings: RecordingBook,
  samples: readonly Sample[],
  questions: number,
  sessionsBegun: number,
): Report['figures'] {
  const sum = (of: (actor: Actor) => number) => actors.reduce((total, actor) => total + of(actor), 0);
  const last = samples.at(-1);
  const mean = (of: (sample: Sample) => number) => samples.reduce((total, one) => total + of(one), 0) / samples.length;
  return {
    'What was done': {
      sessions: sessionsBegun,
      steps: sum(({ done }) => done.steps),
      'refused in words (code -1)': sum(({ done }) => done.refusals),
      mishaps: sum(({ done }) => done.mishaps),
      'questions to the model': questions,
    },
    Recordings: { ...recordings.figures, 'reasons of failures': [...recordings.failures].join('; ') || 'none' },
    'The server': last
      ? {
          'pictures sent': last.picturesSent,
          'pictures the encoder had no time for': last.droppedPictures,
          'pictures repeated (not decoded in time)': last.pictureMisses,
          'pictures of speech with the resting mouth': last.mouthMisses,
          underruns: last.underruns,
          'time skipped, ms': last.skippedMs,
          'CPU, cores': mean((s) => s.cpuCores),
          'CPU of the kit, cores': mean((s) => s.kitCpuCores),
          'threads of the server that waited for a CPU': mean((s) => s.waitingThreads),
        }
      : {},
  };
}
