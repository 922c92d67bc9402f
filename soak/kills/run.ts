import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  'tail lost': { says: 'of a recording cut off by a kill, what does not play', limit: 2_500, unit: 'ms' },
  'server back': { says: 'from its start on the same folder to its first answer', limit: 30_000, unit: 'ms' },
  'child replaced': { says: 'from the kill of the mouth to a mouth that is ready', limit: 30_000, unit: 'ms' },
  'children gone': { says: 'processes of a killed server that live on after 10 s', limit: 0, unit: 'processes' },
  'only the victim': { says: 'a server that ended though a child was killed', limit: 0, unit: 'times' },
  'replies are proper': { says: 'HTTP replies of 5xx other than 503', limit: 0, unit: 'replies' },
} satisfies Record<string, Promised>;

/** In this order, again and again: half of them the server, the others its children as they are there. */
const VICTIMS = ['serve', 'infer', 'serve', 'decode', 'serve', 'clip-process', 'serve', 'infer'] as const;
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
  { kills, seconds, seed, out, port }: SoakOptions & { kills: number },
  stop: AbortSignal,
  tell: (line: string) => void,
): Promise<boolean> {
  const beganMs = performance.now();
  const startedAt = new Date().toISOString();
  const nowS = () => (performance.now() - beganMs) / 1_000;
  const invariants = new Invariants(nowS, PROMISES);
  const random = new Random(seed);
  const folder = mkdtempSync(join(tmpdir(), 'herald-kills-'));
  const start = () =>
    startTestServer(['--log_level', 'warn', '--max_session', '4', '--listenport', `${port}`], {
      dataDir: join(folder, 'data'),
    });
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

  const killChild = async (pid: number, role: string): Promise<string> => {
    const killedMs = performance.now();
    process.kill(pid, 'SIGKILL');
    let notes = '';
    if (role === 'infer') {
      // The death is noticed a moment after it: only another process counts.
      const another = () => processTree(server.pid).some((one) => one.role === role && one.pid !== pid);
      const ready = async () =>
        another() && (await client.data<{ mouth: { state: string } }>('/api/health')).mouth.state === 'ready';
      while (!(await ready()) && performance.now() - killedMs < PROMISES['child replaced'].limit) await rest(100);
      invariants.see('child replaced', performance.now() - killedMs);
      notes = `; a new one after ${((performance.now() - killedMs) / 1_000).toFixed(1)} s`;
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
      const wanted = VICTIMS[n % VICTIMS.length]!;
      // Made in the background, or there would hardly ever be one.
      if (wanted === 'clip-process') void script.clip().catch(() => {});
      const pid = wanted === 'serve' ? undefined : await find(wanted);
      if (pid !== undefined) await rest(random.below(400));
      const [atS, acknowledged] = [nowS(), ledger.summary];
      const victim = pid === undefined ? 'serve' : wanted;
      const found = await (pid === undefined ? killServer() : killChild(pid, wanted));
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
