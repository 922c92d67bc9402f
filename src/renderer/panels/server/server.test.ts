import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SessionSummary } from '../../../shared/protocol';
import type { LoadFigures, LogLine } from '../../../shared/server-protocol';
import type { Health } from '../../rtc/server';
import { spokenDuration } from './durations';
import { detailsText, emptyLog, filterLines, lineText, refreshLog, stackOf, useLog, withLines } from './log-store';
import { SAMPLES, sampleBetween, sessionRates } from './samples';
import {
  closeSession,
  emptyServer,
  isWatched,
  learnServer,
  refreshServer,
  useServer,
  withReading,
} from './server-store';
import { linePath } from './spark';

const load = (more: Partial<LoadFigures> = {}): LoadFigures => ({
  atMs: 10_000,
  cpuMs: 500,
  childCpuMs: 100,
  cores: 2,
  rssBytes: 200,
  childRssBytes: 50,
  loopDelayMs: { p50Ms: 0, p99Ms: 0, maxMs: 0 },
  picturesSent: 100,
  picturesMissed: 1,
  mouthMisses: 0,
  ...more,
});
const health = (more: Partial<LoadFigures> = {}, figures: Health['sessionFigures'] = {}) =>
  ({ status: 'ok', reasons: [], load: load(more), sessionFigures: figures }) as unknown as Health;
const session = (more: Partial<SessionSummary> = {}): SessionSummary => ({
  sessionid: 7,
  avatar: 'clara',
  state: 'idle',
  audiotype: 0,
  studio: false,
  peer: 'none',
  videoCodec: 'h264',
  startedAt: '2026-01-02T03:04:05Z',
  picturesSent: 0,
  underruns: 0,
  queuedTurns: 0,
  ...more,
});
const line = (id: number, more: Partial<LogLine> = {}): LogLine => ({
  id,
  time: '2026-01-02T03:04:05.678Z',
  level: 'info',
  msg: `line ${id}`,
  ...more,
});

describe('samples', () => {
  it('are rates between two readings', () => {
    const now = load({ atMs: 12_000, cpuMs: 700, childCpuMs: 300, picturesSent: 150, picturesMissed: 2 });
    expect(sampleBetween(load(), now)).toEqual({
      cpu: 0.2,
      ownCpu: 0.1,
      rssBytes: 250,
      picturesPerS: 25,
      missedPerMin: 30,
    });
    const alone = { childCpuMs: null, childRssBytes: null };
    expect(sampleBetween(load(alone), { ...now, ...alone })).toMatchObject({ cpu: 0.1, ownCpu: 0.1, rssBytes: 200 });
  });

  it('are none across a new start, or where no time went by', () => {
    expect(sampleBetween(load(), load())).toBeNull();
    expect(sampleBetween(load(), load({ atMs: 11_000, cpuMs: 3, picturesSent: 0 }))).toBeNull();
  });

  it('tell each session apart, also one that is new', () => {
    const before = health({}, { 1: { picturesSent: 50 } });
    const now = health(
      { atMs: 12_000 },
      { 1: { picturesSent: 100, pictureMisses: 2, droppedPictures: 1, outputs: 3 }, 2: { picturesSent: 9 } },
    );
    expect(sessionRates(before, now)).toEqual({
      1: { fps: 25, missed: 3, outputs: 3 },
      2: { fps: null, missed: 0, outputs: 0 },
    });
    expect(sessionRates(null, now)[1]?.fps).toBeNull();
  });

  it('are kept for a minute', () => {
    let state = emptyServer;
    for (let s = 0; s < 100; s++) {
      const patch = withReading(state, health({ atMs: s * 1_000, cpuMs: s * 10, childCpuMs: 0 }), [session()]);
      state = { ...state, ...patch };
    }
    expect(state.samples).toHaveLength(SAMPLES);
    expect(state.samples.every(({ cpu }) => cpu === 0.01)).toBe(true);
    expect(state.sessions).toHaveLength(1);
  });

  it('are drawn with the newest at the right edge, and nought on the ground', () => {
    expect(linePath([0, 10], 10)).toBe('M58 29.00L59 1.00');
    expect(linePath(Array(SAMPLES).fill(0), 0)).toMatch(/^M0 29\.00L1 29\.00.*L59 29\.00$/);
  });
});

describe('the store', () => {
  const replies = new Map<string, () => [status: number, body: unknown]>();
  const asked: string[] = [];
  beforeEach(() => {
    asked.length = 0;
    replies.clear();
    useServer.setState(emptyServer, true);
    useLog.setState(emptyLog, true);
    vi.stubGlobal('fetch', async (path: string, { method = 'GET' }: RequestInit = {}) => {
      asked.push(`${method} ${path}`);
      const reply = replies.get(path);
      if (!reply) throw new TypeError('Failed to fetch');
      const [status, body] = reply();
      return new Response(JSON.stringify(body), { status });
    });
  });
  afterEach(() => vi.unstubAllGlobals());
  const answer = (path: string, data: unknown) => replies.set(path, () => [200, { code: 0, data }]);

  it('fails, reads, goes stale and keeps what it knew', async () => {
    await refreshServer();
    expect(useServer.getState()).toMatchObject({ state: 'failed', health: null });
    answer('/api/health', health());
    answer('/api/admin/sessions', { sessions: [session()] });
    await refreshServer();
    expect(useServer.getState()).toMatchObject({ state: 'ready', sessions: [{ sessionid: 7 }] });
    replies.clear();
    await refreshServer();
    expect(useServer.getState()).toMatchObject({ state: 'stale', health: { status: 'ok' } });
  });

  it('asks a page without rights for nothing that it may not see', async () => {
    answer('/api/access', { scope: 'control' });
    await learnServer();
    expect(asked).toEqual(['GET /api/access']);
    expect(useServer.getState()).toMatchObject({ scope: 'control', address: null, tokens: null });

    answer('/api/access', { scope: 'admin' });
    answer('/api/admin/server', { local: 'http://127.0.0.1:1', lan: [] });
    replies.set('/api/tokens', () => [401, { code: -1, msg: 'not from here' }]);
    await learnServer();
    expect(useServer.getState()).toMatchObject({
      scope: 'admin',
      address: { local: 'http://127.0.0.1:1' },
      tokens: null,
      tokensProblem: 'not from here',
    });
  });

  it('closes a session, and says so where it did not go', async () => {
    useServer.setState({ sessions: [session(), session({ sessionid: 8 })] });
    replies.set('/api/sessions/8/close', () => [200, { code: -1, msg: 'Session not found: 8' }]);
    answer('/api/sessions/7/close', undefined);
    await closeSession(8);
    expect(useServer.getState()).toMatchObject({ closing: [], closeFaults: { 8: 'Session not found: 8' } });
    await closeSession(7);
    expect(useServer.getState().sessions.map(({ sessionid }) => sessionid)).toEqual([8]);
    expect(asked).toEqual(['POST /api/sessions/8/close', 'POST /api/sessions/7/close']);
  });

  it('knows whether somebody would miss it', () => {
    const rate = { fps: 25, missed: 0, outputs: 0 };
    expect(isWatched(session(), rate)).toBe(false);
    expect(isWatched(session({ peer: 'connected' }), undefined)).toBe(true);
    expect(isWatched(session(), { ...rate, outputs: 1 })).toBe(true);
  });

  it('asks for new lines only, and changes nothing where there are none', async () => {
    const page = (cursor: string, lines: LogLine[]) => ({ lines, cursor, missed: false });
    answer('/api/logs?limit=2000', page('x.1', [line(1)]));
    answer('/api/logs?limit=2000&after=x.1', page('x.2', [line(2)]));
    answer('/api/logs?limit=2000&after=x.2', page('x.2', []));
    await refreshLog();
    await refreshLog();
    const before = useLog.getState();
    expect(before).toMatchObject({ state: 'ready', cursor: 'x.2', lines: [{ id: 1 }, { id: 2 }], gaps: [] });
    await refreshLog();
    expect(useLog.getState()).toBe(before);
    replies.clear();
    await refreshLog();
    expect(useLog.getState()).toMatchObject({ state: 'ready', lines: { length: 2 } });
  });
});

describe('the log', () => {
  const lines = [
    line(1, { level: 'debug', scope: 'http', msg: 'GET /' }),
    line(2, { scope: 'session', msg: 'closed', details: { session: 334_503 } }),
    line(3, { level: 'error', scope: 'mouth', msg: 'It died', details: { err: { stack: 'Error: x\n at y' } } }),
  ];
  const found = (level: Parameters<typeof filterLines>[1], query: string) =>
    filterLines(lines, level, query).map(({ id }) => id);

  it('is found in by level, and by words wherever they stand', () => {
    expect(found('trace', '')).toEqual([1, 2, 3]);
    expect(found('info', '')).toEqual([2, 3]);
    expect(found('trace', '334503 SESSION')).toEqual([2]);
    expect(found('trace', 'died http')).toEqual([]);
    expect(found('error', 'mouth')).toEqual([3]);
  });

  it('reads as on the terminal, without stacks', () => {
    expect(lines.map(lineText)).toEqual([
      '2026-01-02T03:04:05.678Z debug http: GET /',
      '2026-01-02T03:04:05.678Z info  session: closed session=334503',
      '2026-01-02T03:04:05.678Z error mouth: It died',
    ]);
    expect(lines.map(stackOf)).toEqual([undefined, undefined, 'Error: x\n at y']);
    expect(detailsText(line(1, { details: { a: [1], b: 'two' } }))).toBe('a=[1] b=two');
  });

  it('marks where lines are missing, and begins anew with the server', () => {
    const state = { ...emptyLog, lines: [line(500)], gaps: [] };
    expect(withLines(state, { lines: [line(900)], cursor: 'x', missed: true })).toMatchObject({
      lines: [{ id: 500 }, { id: 900 }],
      gaps: [900],
    });
    expect(withLines(state, { lines: [line(1)], cursor: 'y', missed: true })).toMatchObject({
      lines: [{ id: 1 }],
      gaps: [1],
      cursor: 'y',
    });
    expect(withLines(state, { lines: [], cursor: 'y', missed: true })).toMatchObject({
      lines: [{ id: 500 }],
      gaps: [],
    });
  });
});

it.each([
  [0.4, 'server.unit.s', { n: 0 }],
  [59, 'server.unit.s', { n: 59 }],
  [3_599, 'server.unit.min', { n: 59 }],
  [3_660, 'server.unit.h', { h: 1, min: 1 }],
  [90_000, 'server.unit.d', { d: 1, h: 1 }],
])('%d s are told in their two largest units', (seconds, key, values) => {
  expect(spokenDuration(seconds)).toEqual({ key, values });
});
