import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as send } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { root, startTestServer, type TestServer } from '../testing/server';
import { RtpViewer } from '../testing/viewer';
import { KnownNames, kindOf } from './known';
import { type MemoryAtRest, memoryAtRest, slope } from './memory';
import { Random } from './random';
import { type FuzzRequest, type OpenApi, requestTo, routesOf } from './requests';
import { Heartbeat, RunQueue } from './server-time';
import type { ValueSource } from './values';

/**
 * `npm run fuzz -- --requests 20000 [--rate-limit 100] [--seed 1] [--slow-ms 1000] [--rest-s 60] [--port 0] [--at-once 12]`: nasty
 * requests over every route of /openapi.json, against a server that it starts itself in a folder of its own. Exit code 1 when a
 * promise was broken.
 */

const TOKEN = 'token-of-the-fuzz-kit';
/** Of all requests, those that are broken on purpose; the others are to reach their handlers. */
const BROKEN_SHARE = 0.03;
const RAW_SHARE = 0.005;
/** Deliberate waits: for a free place (`max session reached`), for what a client asked to wait for, for a process to have ended. */
const WAITS = [
  'POST /offer',
  'POST /whep',
  'POST /api/sessions',
  'POST /record',
  'POST /humanaudio',
  'GET /api/llm/models',
  'GET /api/voices',
  'POST /api/voices/preview',
  'POST /api/imports',
  'DELETE /api/clips/{id}',
];
/** Both hold Herald's log, which has stack traces on purpose. */
const TELLS_LOG = ['GET /api/diagnostics', 'GET /api/logs'];

interface Reply {
  status: number;
  /** A hook right before the handler says so, in Server-Timing. */
  handled: boolean;
  ownMs: number;
  body: string;
}

interface Tally {
  sent: number;
  handled: number;
  slowestMs: number;
  statuses: Record<string, number>;
}

const tallies = new Map<string, Tally>();
const faults: string[] = [];
/** SIGTERM: what was found so far is told. (Ctrl-C reaches the server as well, and ends both.) */
let stopping = false;
/** Replies that took more than `--slow-ms` of the server's own time (see server-time.ts). */
const slow: string[] = [];
let slowMs = 1_000;
let queue: RunQueue;
const agent = new Agent({ keepAlive: true });
/** A server at rest may settle; it must not grow. */
const MAX_REST_GROWTH_MB = 1;
/** What each request may leave behind once the first half has warmed everything up: 200 bytes are less than any object of ours. */
const MAX_LEFT_BYTES = 200;
/** With fewer requests in its second half, chance decides what the memory does. */
const TELLING_REQUESTS = 50_000;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string', default: '20000' },
      'rate-limit': { type: 'string', default: '0' },
      seed: { type: 'string', default: '1' },
      port: { type: 'string', default: '0' },
      report: { type: 'string' },
      'slow-ms': { type: 'string', default: '1000' },
      'rest-s': { type: 'string', default: '60' },
      'at-once': { type: 'string', default: '12' },
    },
  });
  const [total, seed] = [Number(values.requests), Number(values.seed)];
  slowMs = Number(values['slow-ms']);
  const dataDir = mkdtempSync(join(tmpdir(), 'herald-fuzz-'));
  const flags = [
    '--listenport',
    values.port,
    '--rate_limit',
    values['rate-limit'],
    '--token',
    TOKEN,
    '--max_session',
    '2',
  ];
  const server = await startTestServer([...flags, '--log_level', 'warn'], { dataDir });
  try {
    const report = await run(server, {
      total,
      seed,
      rateLimit: Number(values['rate-limit']),
      restS: Number(values['rest-s']),
      atOnce: Number(values['at-once']),
    });
    process.stdout.write(report);
    const file = values.report ?? join(root, 'out', 'fuzz-report.md');
    mkdirSync(join(root, 'out'), { recursive: true });
    writeFileSync(file, report);
    process.stdout.write(`\nWritten to ${file}\n`);
  } finally {
    agent.destroy();
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
  process.exitCode = faults.length + slow.length > 0 ? 1 : 0;
}

interface Plan {
  total: number;
  seed: number;
  rateLimit: number;
  restS: number;
  atOnce: number;
}

async function run(server: TestServer, plan: Plan): Promise<string> {
  const { total, seed, rateLimit, restS, atOnce } = plan;
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as OpenApi;
  const routes = routesOf(document);
  const random = new Random(seed);
  const live = new LiveSession(server.url);
  const names = new KnownNames(random);
  const source: ValueSource = {
    random,
    known: (key, route) => {
      if (key === 'id') return names.of(kindOf(route));
      if (key === 'sdp') return random.chance(0.02) ? live.sdp : undefined;
      if (key !== 'sessionid') return undefined;
      // Mostly the one that somebody watches, so that what is said is worth something.
      return (random.chance(0.7) ? undefined : Number(names.of('sessions'))) || (live.id ?? 123_456);
    },
  };
  const rss: number[] = [];
  const ours = new RunQueue(process.pid);
  queue = new RunQueue(server.pid);
  const heartbeat = new Heartbeat(server.url, queue, ours);
  const startedMs = performance.now();
  const cpuBeforeMs = server.cpuMs();
  let sent = 0;
  let ended = false;
  void server.exited.then((code) => {
    if (!ended) faults.push(`the server ended with ${code}: ${server.output().slice(-2_000)}`);
  });
  process.once('SIGTERM', () => (stopping = true));
  const worker = async () => {
    while (sent < total && faults.length < 50 && !stopping) {
      const number = ++sent;
      if (number % Math.max(1, Math.floor(total / 20)) === 0) {
        rss.push(server.rssBytes());
        process.stderr.write(`\r${number} of ${total}, ${mb(rss.at(-1)!)} MB, ${faults.length} faults   `);
      }
      if (number % 500 === 1) await live.renew();
      if (random.chance(RAW_SHARE)) await raw(server.url, random);
      else await one(server.url, requestTo(random.of(routes), source, BROKEN_SHARE), { rateLimit, names });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  process.stderr.write('\n');
  const tookS = (performance.now() - startedMs) / 1_000;
  const cpuMs = server.cpuMs() - cpuBeforeMs;
  await heartbeat.stop();
  live.close();
  await putAway(server.url);
  // Sessions that never connected are reaped after 10 s.
  await sleep(12_000);
  const rest = await memoryAtRest(server.pid, restS);
  for (const one of [ours, queue]) one.close();
  const health = await fetch(`${server.url}/api/health?token=${TOKEN}`).catch(() => undefined);
  if (health?.status !== 200) faults.push(`afterwards /api/health answers ${health?.status ?? 'nothing'}`);
  ended = true;
  return reportOf({
    ...plan,
    total: sent,
    rss,
    rest,
    cpuMs,
    tookS,
    longestBeatMs: heartbeat.longestMs,
    beats: heartbeat.beats,
  });
}

/** Ends what would go on by itself: sessions that last, and clips that are being made. */
async function putAway(url: string): Promise<void> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const list = async (path: string) => await (await fetch(`${url}${path}`, { headers })).text();
  try {
    const sessions = (await list('/api/admin/sessions')).matchAll(/"sessionid":(\d+)/g);
    const clips = (await list('/api/clips')).matchAll(/"id":"([\w-]+)"/g);
    for (const path of [
      ...[...sessions].map(([, id]) => `/api/sessions/${id}`),
      ...[...clips].map(([, id]) => `/api/clips/${id}`),
    ]) {
      await (await fetch(`${url}${path}`, { method: 'DELETE', headers })).text();
    }
  } catch (error) {
    faults.push(`afterwards it does not answer: ${(error as Error).message}`);
  }
}

async function one(
  url: string,
  request: FuzzRequest,
  { rateLimit, names }: { rateLimit: number; names: KnownNames },
): Promise<void> {
  const tally = tallies.get(request.route) ?? { sent: 0, handled: 0, slowestMs: 0, statuses: {} };
  tallies.set(request.route, tally);
  tally.sent++;
  const sentMs = performance.now();
  const reply = await call(url, request).catch((error: Error) => error);
  if (reply instanceof Error) {
    tally.statuses[reply.message.slice(0, 30)] = (tally.statuses[reply.message.slice(0, 30)] ?? 0) + 1;
    // Broken requests may be hung up on; a fitting one must be answered.
    if (request.fitting) fault(`${request.route}: ${reply.message}`, request);
    return;
  }
  const { status } = reply;
  // Looked up for those alone that may be at fault.
  const ownMs = reply.ownMs > slowMs / 2 ? Math.max(0, reply.ownMs - queue.waitedMs(sentMs)) : reply.ownMs;
  if (status < 300) names.learn(request.route, reply.body);
  tally.statuses[status] = (tally.statuses[status] ?? 0) + 1;
  if (reply.handled) tally.handled++;
  if (!WAITS.includes(request.route) || status !== 503) tally.slowestMs = Math.max(tally.slowestMs, ownMs);
  if (status >= 500 && status !== 503) fault(`${request.route}: ${status} ${reply.body.slice(0, 300)}`, request);
  if (status === 429 && rateLimit === 0) fault(`${request.route}: 429 without a limit`, request);
  const mayTell = TELLS_LOG.includes(request.route);
  if (!mayTell && /\bat .+\.[jt]s:\d+/.test(reply.body)) fault(`${request.route}: a stack trace in the reply`, request);
  if (ownMs > slowMs && !WAITS.includes(request.route)) {
    slow.push(`${request.route}: ${Math.round(ownMs)} ms`);
  }
}

function fault(what: string, { method, url, body }: FuzzRequest): void {
  faults.push(`${what}\n    ${method} ${url.slice(0, 200)} ${body?.subarray(0, 300).toString('latin1') ?? ''}`);
}

function call(base: string, { method, url, headers, body }: FuzzRequest): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const all = {
      ...headers,
      authorization: `Bearer ${TOKEN}`,
      ...(body && { 'content-length': String(body.length) }),
    };
    const request = send(`${base}${url}`, { method, headers: all, agent, timeout: 120_000 }, (reply) => {
      const timing = String(reply.headers['server-timing'] ?? '');
      const stream = String(reply.headers['content-type']).startsWith('text/event-stream');
      const chunks: Buffer[] = [];
      const done = () =>
        resolve({
          status: reply.statusCode ?? 0,
          handled: stream || timing.includes('handler'),
          ownMs: Number(/total;dur=([\d.]+)/.exec(timing)?.[1] ?? 0),
          body: Buffer.concat(chunks).toString('utf8'),
        });
      reply.on('data', (chunk: Buffer) => {
        if (chunks.length < 64) chunks.push(chunk);
      });
      // An event stream has no end: its beginning is the reply.
      if (stream) {
        done();
        reply.destroy();
      }
      reply.once('end', done);
      reply.once('error', reject);
    });
    request.once('timeout', () => request.destroy(new Error('no reply within 120 s')));
    request.once('error', reject);
    request.end(body);
  });
}

/** What is not HTTP, or only half of it: the connection must be closed or answered, nothing more. */
async function raw(url: string, random: Random): Promise<void> {
  const tally = tallies.get('(raw)') ?? { sent: 0, handled: 0, slowestMs: 0, statuses: {} };
  tallies.set('(raw)', tally);
  tally.sent++;
  const text = random.of([
    'HELLO\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    'POST /human HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`,
    'POST /human HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFF\r\nx',
    'GET /sse?sessionid=1 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    'POST /humanaudio HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nshort',
    '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03',
  ]);
  const status = await new Promise<string>((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let said = '';
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on('data', (data) => (said += data.toString('latin1')));
    socket.on('error', () => {});
    socket.once('close', () => resolve(/^HTTP\/1\.1 (\d+)/.exec(said)?.[1] ?? 'closed'));
    socket.write(text, 'latin1');
  });
  tally.statuses[status] = (tally.statuses[status] ?? 0) + 1;
}

/** A session with a real viewer, opened again whenever the requests have ended it. */
class LiveSession {
  id: number | undefined;
  sdp = '';
  private viewer: RtpViewer | undefined;

  constructor(private readonly url: string) {}

  async renew(): Promise<void> {
    try {
      const known = await fetch(`${this.url}/api/sessions/${this.id}?token=${TOKEN}`);
      if (this.id !== undefined && ((await known.json()) as { code: number }).code === 0) return;
      await this.viewer?.close();
      const { viewer, sdp } = await RtpViewer.offer();
      this.viewer = viewer;
      this.sdp = sdp;
      const body = JSON.stringify({ sdp, type: 'offer' });
      const reply = await fetch(`${this.url}/offer?token=${TOKEN}`, { method: 'POST', body });
      const answer = (await reply.json()) as { sdp?: string; sessionid?: number };
      if (answer.sdp === undefined) return;
      await viewer.accept(answer.sdp);
      this.id = answer.sessionid;
    } catch {
      // Refused for want of a place or rate: the next time then.
    }
  }

  close(): void {
    void this.viewer?.close();
  }
}

interface Found extends Plan {
  rss: number[];
  rest: MemoryAtRest;
  cpuMs: number;
  tookS: number;
  longestBeatMs: number;
  beats: number;
}

function reportOf({ total, seed, rateLimit, rss, rest, cpuMs, tookS, longestBeatMs, beats, restS }: Found): string {
  const rows = [...tallies].sort(([a], [b]) => a.localeCompare(b));
  const routed = rows.filter(([route]) => route !== '(raw)').map(([, tally]) => tally);
  const sum = (of: (tally: Tally) => number) => routed.reduce((all, tally) => all + of(tally), 0);
  const share =
    sum(({ handled }) => handled) /
    Math.max(
      1,
      sum(({ sent }) => sent),
    );
  if (rateLimit === 0 && share < 0.95) faults.push(`only ${(share * 100).toFixed(1)} % reached a handler`);
  const half = rss.slice(Math.floor(rss.length / 2));
  const halfRequests = (total * half.length) / Math.max(1, rss.length);
  const leftBytes = (slope(half) * half.length) / Math.max(1, halfRequests);
  if (halfRequests >= TELLING_REQUESTS && leftBytes > MAX_LEFT_BYTES) {
    faults.push(`each request leaves ${leftBytes.toFixed(0)} bytes of memory behind`);
  }
  if (rest.growthMb > MAX_REST_GROWTH_MB) faults.push(`at rest the server grew by ${rest.growthMb.toFixed(1)} MB`);
  if (longestBeatMs > slowMs) faults.push(`the event loop was held up for ${longestBeatMs.toFixed(0)} ms`);
  const lines = rows.map(([route, { sent, handled, slowestMs, statuses }]) => {
    const told = Object.entries(statuses).map(([status, count]) => `${status}: ${count}`);
    return `| ${route} | ${sent} | ${handled} | ${slowestMs.toFixed(0)} | ${told.join(', ')} |`;
  });
  return [
    `# Fuzzed requests: ${total}, seed ${seed}, rate limit ${rateLimit === 0 ? 'off' : `${rateLimit}/s`}`,
    '',
    `- Reached a handler: ${(share * 100).toFixed(1)} % (${sum(({ handled }) => handled)} of ${sum(({ sent }) => sent)})`,
    `- Faults: ${faults.length}; replies over ${slowMs} ms of the server's own time: ${slow.length}`,
    `- The event loop was held up for ${longestBeatMs.toFixed(0)} ms at most (${beats} heartbeats, without the time that other programs had the processor)`,
    `- Memory of the server: ${rss.map(mb).join(', ')} MB; in the second half ${signed(leftBytes)} bytes a request`,
    `- Memory at rest, ${restS} s: ${rest.samplesMb[0]?.toFixed(1)} to ${rest.samplesMb.at(-1)?.toFixed(1)} MB, slope ${signed(rest.slopeMbPerHour)} MB/h`,
    `- ${nowAndThen(rest.samplesMb)} MB; of it its own: ${nowAndThen(rest.ownMb)} MB`,
    `- CPU of the server: ${(cpuMs / Math.max(1, total)).toFixed(2)} ms a request; ${Math.round(tookS)} s in all`,
    '',
    '| route | sent | reached its handler | slowest, ms of its own | replies |',
    '|---|---|---|---|---|',
    ...lines,
    ...(slow.length > 0 ? ['', '## Slow', '', ...slow.slice(0, 30).map((one) => `- ${one}`)] : []),
    ...(faults.length > 0 ? ['', '## Faults', '', ...faults.slice(0, 30).map((one) => `- ${one}`)] : []),
    '',
  ].join('\n');
}

/** A dozen of them, in their order. */
const nowAndThen = (samples: readonly number[]) =>
  samples
    .filter((_, i) => i % Math.ceil(samples.length / 12) === 0)
    .map((value) => value.toFixed(1))
    .join(', ');
const mb = (bytes: number) => Math.round(bytes / 1e6);
const signed = (value: number) => `${value >= 0 ? '+' : ''}${value.toFixed(0)}`;

await main();
