import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../fuzz/random';
import { startTestServer, type TestServer } from '../../testing/server';
import { Client } from '../client';
import { Invariants, type Promised } from '../invariants';
import type { SoakOptions } from '../options';
import { processTree } from '../process-tree';
import { duration, writeReport } from '../report';
import { Ledger } from './ledger';
import { Script } from './script';

const PROMISES = {
  'settings kept': { says: 'settings that were acknowledged and are others now', limit: 0, unit: 'settings' },
  'recordings kept': { says: 'finished recordings that are not listed any more', limit: 0, unit: 'recordings' },
  'recordings whole': { says: 'finished recordings of another length than before', limit: 0, unit: 'recordings' },
  'recordings playable': { says: 'finished recordings that do not decode', limit: 0, unit: 'recordings' },
  'names kept': { says: 'acknowledged names that are others now', limit: 0, unit: 'names' },
  'imports kept': { says: 'imported avatars that are gone', limit: 0, unit: 'avatars' },
  'clips kept': { says: 'finished clips that are gone', limit: 0, unit: 'clips' },
  'recordings recovered': {
    says: 'recordings cut off by a kill that are not there or do not play',
    limit: 0,
    unit: 'recordings',
  },
  // Two fragments of half a second, and what their interleaving holds back (outputs/recorder/fragments.ts).
  'tail lost': {
    says: 'of a recording cut off by a kill, what /sse had told and does not play',
    limit: 1_500,
    unit: 'ms',
  },
  'server back': { says: 'from its start on the same folder to its first answer', limit: 30_000, unit: 'ms' },
  'child replaced': {
    says: 'from the kill of the mouth or the voice to another one that is ready',
    limit: 30_000,
    unit: 'ms',
  },
  'jobs end': {
    says: 'clips and imports whose process was killed and that have not ended after 2 min',
    limit: 0,
    unit: 'jobs',
  },
  'children gone': { says: 'processes of a killed server that live on after 10 s', limit: 0, unit: 'processes' },
  'only the victim': { says: 'a server that ended though a child was killed', limit: 0, unit: 'times' },
  'replies are proper': { says: 'HTTP replies of 5xx other than 503', limit: 0, unit: 'replies' },
} satisfies Record<string, Promised>;

interface Victim {
  role: 'serve' | 'infer' | 'decode' | 'clip-process' | 'transcode' | 'local-voice';
  /** The server dies once it has this child, so at work. */
  during?: 'clip-process' | 'transcode' | 'local-voice';
}

/** In this order, again and again: half of them the server, the others its children while they work. */
const VICTIMS: readonly Victim[] = [
  { role: 'serve' },
  { role: 'infer' },
  { role: 'serve', during: 'clip-process' },
  { role: 'decode' },
  { role: 'serve', during: 'transcode' },
  { role: 'local-voice' },
  { role: 'serve', during: 'local-voice' },
  { role: 'clip-process' },
  { role: 'serve' },
  { role: 'transcode' },
];
/** They end by themselves after a second or so. */
const PASSING: readonly string[] = ['transcode', 'decode'];
const VICTIM_WAIT_MS = 20_000;
const ORPHAN_LIMIT_MS = 10_000;

interface Row {
  atS: number;
  victim: string;
  acknowledged: string;
  found: string;
}

/** Kills the server or a child of it at random moments of a script, and looks each time for what had been acknowledged. */
export async function soakWithKills(
  { kills, seconds, seed, out, port, voice }: SoakOptions & { kills: number },
  stop: AbortSignal,
  tell: (line: string) => void,
): Promise<boolean> {
  const beganMs = performance.now();
  const startedAt = new Date().toISOString();
  const nowS = () => (performance.now() - beganMs) / 1_000;
  const invariants = new Invariants(nowS, PROMISES);
  const random = new Random(seed);
  const folder = mkdtempSync(join(tmpdir(), 'herald-kills-'));
  const flags = ['--log_level', 'warn', '--max_session', '4', '--listenport', `${port}`];
  if (voice) {
    const voices = join(folder, 'data', 'models', 'tts');
    mkdirSync(voices, { recursive: true });
    symlinkSync(voice, join(voices, basename(voice)));
    flags.push('--tts', 'local');
  }
  const victims = VICTIMS.filter(({ role, during }) => voice || (role !== 'local-voice' && during !== 'local-voice'));
  const start = () => startTestServer(flags, { dataDir: join(folder, 'data') });
  const avatar = await Script.avatarIn(join(folder, 'avatar'));
  let server: TestServer = await start();
  let up: Promise<void> = Promise.resolve();
  const client = new Client(server.url, invariants);
  const ledger = new Ledger(invariants);
  const ended = new AbortController();
  stop.addEventListener('abort', () => ended.abort(), { once: true });
  const script = new Script(client, ledger, new Random(seed + 1), avatar, () => up, ended.signal);
  const rows: Row[] = [];
  const rest = (ms: number) => sleep(ms, undefined, { signal: ended.signal }).catch(() => {});

  /** The process of that role, once there is one; the script has it made now and then. */
  const find = async (role: string): Promise<number | undefined> => {
    for (const untilMs = performance.now() + VICTIM_WAIT_MS; performance.now() < untilMs && !ended.signal.aborted; ) {
      const found = processTree(server.pid).find((one) => one.role === role);
      if (found) return found.pid;
      await rest(50);
    }
    return undefined;
  };

  const killServer = async (): Promise<string> => {
    const family = processTree(server.pid).slice(1);
    let back = () => {};
    up = new Promise((resolve) => {
      back = resolve;
    });
    const killedMs = performance.now();
    await server.stop('SIGKILL');
    const orphansUntilMs = performance.now() + ORPHAN_LIMIT_MS;
    const alive = () => family.filter(({ pid, role }) => processTree(pid)[0]?.role === role);
    while (alive().length > 0 && performance.now() < orphansUntilMs) await sleep(100);
    const orphans = alive();
    invariants.see('children gone', orphans.length, undefined, orphans.map(({ role }) => role).join(', '));
    const startMs = performance.now();
    server = await start();
    client.url = server.url;
    invariants.see('server back', performance.now() - startMs);
    const found = await ledger.check(client);
    const recovered = await ledger.checkRecovered(client, killedMs);
    back();
    return `${found}${recovered}; back after ${((performance.now() - startMs) / 1_000).toFixed(1)} s`;
  };

  const killChild = async (pid: number, role: Victim['role'], job: Promise<string> | undefined): Promise<string> => {
    const killedMs = performance.now();
    process.kill(pid, 'SIGKILL');
    let notes = '';
    if (role === 'infer' || role === 'local-voice') {
      // The death is noticed a moment after it: only another process counts.
      const another = () => processTree(server.pid).some((one) => one.role === role && one.pid !== pid);
      const ready = async () => {
        if (role === 'local-voice' && !another()) void script.speak().catch(() => {});
        if (!another()) return false;
        return (
          role !== 'infer' || (await client.data<{ mouth: { state: string } }>('/api/health')).mouth.state === 'ready'
        );
      };
      while (!(await ready()) && performance.now() - killedMs < PROMISES['child replaced'].limit) {
        await rest(role === 'infer' ? 100 : 1_000);
      }
      invariants.see('child replaced', performance.now() - killedMs);
      notes = `; a new one after ${((performance.now() - killedMs) / 1_000).toFixed(1)} s`;
    }
    const outcome = await job;
    if (outcome !== undefined) {
      invariants.see('jobs end', outcome === 'running' ? 1 : 0);
      notes += `; the job: ${outcome}`;
    }
    const found = await ledger.check(client);
    const lives = processTree(server.pid).length > 0;
    invariants.see('only the victim', lives ? 0 : 1, {
      name: 'the server',
      log: () => server.output().split('\n').slice(-20),
    });
    return `${found}${notes}`;
  };

  let failure: unknown;
  try {
    tell(`${kills} kills in ${duration(seconds)} at ${server.url}, seed ${seed}; report in ${out}`);
    const running = script.run();
    for (let n = 0; n < kills && !ended.signal.aborted; n++) {
      const due = ((n + 0.2 + 0.7 * random.next()) * seconds) / kills;
      await rest(Math.max(1_000, (due - nowS()) * 1_000));
      if (ended.signal.aborted) break;
      const { role, during } = victims[n % victims.length]!;
      const work = during ?? role;
      // Made for it, or there would hardly ever be one.
      let job: Promise<string> | undefined;
      if (work === 'clip-process') job = script.clip();
      if (work === 'transcode') job = script.import();
      if (work === 'local-voice') void script.speak().catch(() => {});
      job?.catch(() => {});
      const working = work === 'serve' ? undefined : await find(work);
      if (working !== undefined) await rest(random.below(PASSING.includes(work) ? 150 : 1_000));
      const pid = role === 'serve' ? undefined : processTree(server.pid).find((one) => one.pid === working)?.pid;
      const [atS, acknowledged] = [nowS(), ledger.summary];
      const at = working === undefined && work !== 'serve' ? `, no ${work} came` : during ? ` with ${during}` : '';
      const victim = pid === undefined ? `serve${at || (role === 'serve' ? '' : `, ${role} had ended`)}` : role;
      const found = await (pid === undefined ? killServer() : killChild(pid, role, job));
      rows.push({ atS, victim, acknowledged, found });
      tell(`${duration(atS)}: ${victim}. Acknowledged: ${acknowledged}. Found: ${found}`);
    }
    await rest(Math.max(0, (seconds - nowS()) * 1_000));
    ended.abort();
    await running;
    rows.push({ atS: nowS(), victim: 'nobody', acknowledged: ledger.summary, found: await ledger.check(client) });
  } catch (error) {
    failure = error;
  } finally {
    ended.abort();
    const report = {
      title: `Soak with ${rows.filter(({ victim }) => victim !== 'nobody').length} kills`,
      command: `npm run soak -- ${process.argv.slice(2).join(' ')}`,
      seed,
      startedAt,
      seconds: nowS(),
      ...(failure !== undefined && { cutShort: String(failure) }),
      findings: invariants.all,
      figures: { 'What was done': script.done },
      tables: {
        Kills: [
          '| at | victim | acknowledged by then | found afterwards |',
          '|---|---|---|---|',
          ...rows.map((row) => `| ${duration(row.atS)} | ${row.victim} | ${row.acknowledged} | ${row.found} |`),
        ],
      },
      calms: [],
    };
    const text = writeReport(out, report, [], client);
    tell(text.slice(0, text.indexOf('## Requests')));
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return failure === undefined && invariants.broken.length === 0;
}
