import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SessionEvent } from '../src/shared/protocol';
import { compareCalms } from './calm';
import { EventOrder } from './event-order';
import { Invariants } from './invariants';
import { OffsetWatch } from './offset-watch';
import { visitsOf } from './plan';
import { plot } from './plot';
import { soakPromises } from './promises';
import { writeReport } from './report';
import { Roster } from './roster';
import type { Sample } from './sampler';
import { blockMeans, slopeOf, verdictOf } from './slope';
import { StreamWatch } from './stream-watch';
import { soakVirtually } from './virtual/run';

const PROMISES = {
  drift: { says: 'how far', limit: 10, unit: 'ms' },
  'sessions freed': { says: 'how long', limit: 15, unit: 's' },
  'sessions kept': { says: 'how many', limit: 0, unit: 'sessions' },
};
const invariantsAt = (atS = 7) => new Invariants(() => atS, PROMISES);

describe('the plan', () => {
  const first = (seed: number, actor: number, count: number) => {
    const visits = visitsOf(seed, actor, ['clara', 'leo']);
    return Array.from({ length: count }, () => visits.next().value);
  };

  it('is the same for the same seed, and another for another seed or actor', () => {
    expect(first(3, 1, 20)).toEqual(first(3, 1, 20));
    expect(first(3, 1, 5)).not.toEqual(first(4, 1, 5));
    expect(first(3, 1, 5)).not.toEqual(first(3, 2, 5));
  });

  it('comes to everything that an actor can do, and to every way to leave', () => {
    const visits = first(1, 1, 200);
    const steps = new Set(visits.flatMap((visit) => visit.steps.map(({ does }) => does)));
    expect(steps.size).toBe(10);
    expect(new Set(visits.map(({ leave }) => leave)).size).toBe(5);
    expect(new Set(visits.map(({ codec }) => codec)).size).toBe(2);
  });
});

describe('a slope', () => {
  it('is found with its interval, and is judged only where that is narrow enough', () => {
    const noisy = Array.from({ length: 60 }, (_, i) => [i / 60, 100 + (3 * i) / 60 + Math.sin(i * 2.4)] as const);
    const found = slopeOf(noisy);
    expect(Math.abs(found.slope - 3)).toBeLessThan(found.plusMinus);
    expect(verdictOf({ slope: 3, plusMinus: 1, points: 60 }, 1)).toBe('broken');
    expect(verdictOf({ slope: 3, plusMinus: 5, points: 6 }, 1)).toBe('cannot tell');
    expect(verdictOf({ slope: -2, plusMinus: 5, points: 6 }, 1)).toBe('ok');
    expect(slopeOf([[0, 1]]).slope).toBeNaN();
  });

  it('is taken over means of blocks', () => {
    expect(
      blockMeans(
        [
          [0, 2],
          [1, 4],
          [10, 8],
        ],
        10,
      ),
    ).toEqual([
      [0.5, 3],
      [10, 8],
    ]);
  });
});

describe('invariants', () => {
  it('keep the worst value with its time, and break above the limit or on no number at all', () => {
    const invariants = invariantsAt();
    invariants.see('drift', 4);
    expect(invariants.broken).toEqual([]);
    invariants.see('drift', 12, { name: 'actor 1', log: () => ['did this'] }, 'at once');
    invariants.see('drift', 5);
    const [finding] = invariants.broken;
    expect(finding).toMatchObject({
      name: 'drift',
      worst: 12,
      worstAtS: 7,
      worstOf: 'actor 1',
      breachCount: 1,
      seen: 3,
    });
    expect(finding!.breaches).toEqual([{ atS: 7, value: 12, who: 'actor 1', note: 'at once', log: ['did this'] }]);
    const other = invariantsAt();
    other.see('drift', Number.NaN);
    expect(other.broken).toHaveLength(1);
    expect(other.all.find(({ name }) => name === 'sessions kept')?.verdict).toBe('not seen');
  });

  it('tell a session that stays, and one that goes though its viewer is there', () => {
    const invariants = invariantsAt();
    const roster = new Roster(invariants);
    roster.connected(1, { name: 'a', log: () => [] });
    roster.connected(2, { name: 'b', log: () => [] });
    roster.left(1, 0);
    roster.compare([1, 2, 3], 1_000);
    expect(invariants.broken).toEqual([]);
    roster.compare([1, 2, 3], 15_900);
    expect(invariants.broken.map(({ name, worst }) => [name, worst])).toEqual([['sessions freed', 15.9]]);
    roster.compare([], 17_000);
    roster.compare([], 18_000);
    expect(invariants.broken.map(({ name }) => name)).toEqual(['sessions freed', 'sessions kept']);
    expect(roster.isHere(2)).toBe(false);
  });
});

/** Pictures of one packet, each 3,600 ticks after the one before, with what is wrong with it. */
function stream(change: (n: number) => { skip?: boolean; ticks?: number; late?: number }) {
  const told = { missing: [] as number[], backward: 0, odd: 0 };
  const watch = new StreamWatch(90_000, 3_600, {
    onMissing: (units) => told.missing.push(units),
    onBackward: () => told.backward++,
    onOddStep: () => told.odd++,
  });
  const packets = Array.from({ length: 700 }, (_, n) => ({ n, ...change(n) })).filter(({ skip }) => !skip);
  packets.sort((a, b) => a.n + (a.late ?? 0) - (b.n + (b.late ?? 0)));
  for (const { n, ticks = 0, late = 0 } of packets) {
    const timestamp = (0xffff_0000 + n * 3_600 + ticks) >>> 0;
    watch.push({ sequenceNumber: (65_500 + n) & 0xffff, timestamp, marker: true, arrivedMs: (n + late) * 40 });
  }
  return { ...told, figures: watch.figures };
}

describe('a stream that is watched', () => {
  it('is whole across both wraps, and with packets that came again and late', () => {
    const { figures, ...told } = stream((n) => ({ late: n % 50 === 3 ? 2.5 : 0 }));
    expect(told).toEqual({ missing: [], backward: 0, odd: 0 });
    expect(figures).toMatchObject({ packets: 700, lostPackets: 0, units: 700 });
  });

  it('counts what is missing in ten seconds of its own time', () => {
    const { missing, figures } = stream((n) => ({ skip: n === 100 || n === 101 || n === 120 || n === 600 }));
    expect(missing).toEqual([2, 3, 1]);
    expect(figures).toMatchObject({ missingUnits: 4, worstMissingInWindow: 3, lostPackets: 4 });
  });

  it('tells times that go back, and steps that are no whole picture', () => {
    expect(stream((n) => ({ ticks: n === 200 ? -9_000 : 0 })).backward).toBe(1);
    expect(stream((n) => ({ ticks: n >= 200 ? 90 : 0 })).odd).toBe(1);
  });
});

describe('sound against picture', () => {
  it('is read from sender reports and arrivals: video that comes 70 ms later is 70 ms behind', () => {
    const offsets: number[] = [];
    const watch = new OffsetWatch({ onOffset: (ms) => offsets.push(ms), onReportJump: () => {}, onDrift: () => {} });
    watch.report('video', { unixMs: 1_000_000, rtpTimestamp: 0xffff_fff0 });
    watch.report('audio', { unixMs: 1_000_000, rtpTimestamp: 5 });
    for (let frame = 0; frame < 150; frame++) {
      const atMs = 1_000_000 + frame * 20;
      watch.arrived('audio', 5 + frame * 960, atMs + 10);
      if (frame % 2 === 0) watch.arrived('video', (0xffff_fff0 + frame * 1_800) >>> 0, atMs + 80);
    }
    expect(offsets).toHaveLength(1);
    expect(offsets[0]).toBeCloseTo(70, 1);
  });

  it.each([0, 70])('is not mistaken for seconds that were caught up in one go (video %i ms behind)', (behindMs) => {
    const offsets: number[] = [];
    const watch = new OffsetWatch({ onOffset: (ms) => offsets.push(ms), onReportJump: () => {}, onDrift: () => {} });
    for (const kind of ['video', 'audio'] as const) watch.report(kind, { unixMs: 0, rtpTimestamp: 0 });
    // It stands still from 160 ms on, and again after what was due has been sent.
    const sentMs = (atMs: number) => Math.max(atMs, atMs < 160 ? 0 : atMs < 1_036 ? 1_030 : 1_950);
    const packets = Array.from({ length: 200 }, (_, frame) => frame * 20).flatMap((atMs) => [
      { kind: 'audio' as const, timestamp: atMs * 48, atMs: sentMs(atMs) },
      ...(atMs % 40 === 0 ? [{ kind: 'video' as const, timestamp: atMs * 90, atMs: sentMs(atMs) + behindMs }] : []),
    ]);
    // What is sent at once arrives in the order it was sent in.
    for (const { kind, timestamp, atMs } of packets.sort((a, b) => a.atMs - b.atMs)) {
      watch.arrived(kind, timestamp, atMs);
    }
    expect(offsets.length).toBeGreaterThan(0);
    for (const offset of offsets) expect(offset).toBeCloseTo(behindMs, 1);
  });

  it('tells a report that contradicts the one before', () => {
    const jumps: number[] = [];
    const watch = new OffsetWatch({ onOffset: () => {}, onReportJump: (ms) => jumps.push(ms), onDrift: () => {} });
    watch.report('audio', { unixMs: 1_000, rtpTimestamp: 0 });
    watch.report('audio', { unixMs: 2_030, rtpTimestamp: 48_000 });
    expect(jumps).toEqual([30]);
  });
});

describe('the order of events', () => {
  const faultsOf = (...events: object[]) => {
    const faults: string[] = [];
    const order = new EventOrder((what) => faults.push(what));
    for (const event of events) order.take(event as SessionEvent);
    return faults;
  };
  const turn = (id: number) => ({ status: 'turn', turn: id, kind: 'echo', text: 'a' });
  const start = (id: number, text = 'a') => ({ status: 'start', turn: id, text });
  const end = (id: number, text = 'a', interrupted = false) => ({ status: 'end', turn: id, text, interrupted });
  const interrupted = (id: number) => ({ status: 'interrupted', turn: id, playedMs: 5 });

  it('is right as a session tells them', () => {
    const latency = { status: 'latency', turn: 1, firstSoundSentMs: 200 };
    const late = { status: 'latency', turn: 2, interruptToSilenceMs: 12 };
    const whole = [turn(1), start(1), end(1), start(1, 'b'), end(1, 'b'), latency];
    const cut = [turn(2), start(2), end(2, 'a', true), interrupted(2), interrupted(3), late];
    expect(faultsOf(...whole, ...cut, { status: 'closed', reason: '' })).toEqual([]);
  });

  it.each<[string, object[]]>([
    ['an end without a start', [turn(1), end(1)]],
    ['two starts', [turn(1), start(1), start(1)]],
    ['two ends', [turn(1), start(1), end(1), end(1)]],
    ['a start after the interrupt', [turn(1), start(1), end(1, 'a', true), interrupted(1), start(1)]],
    ['a cut sentence without the interrupt', [turn(1), start(1), end(1, 'a', true), turn(2)]],
    ['a turn over an open sentence', [turn(1), start(1), turn(2)]],
    ['turns out of order', [turn(2), turn(1)]],
    ['an answer of a turn that is over', [turn(1), turn(2), { status: 'answer', turn: 1, delta: 'x' }]],
    ['anything after closed', [{ status: 'closed', reason: '' }, turn(1)]],
  ])('is wrong with %s', (_, events) => {
    expect(faultsOf(...events)).not.toEqual([]);
  });
});

describe('virtual days', () => {
  it('keep every promise for some minutes that are full of speech', async () => {
    const options = { days: 0.003, seed: 5, speechShare: 0.2 };
    const { kept, report } = await soakVirtually(options, new AbortController().signal, () => {});
    expect(report.findings.filter(({ verdict }) => verdict === 'broken')).toEqual([]);
    expect(kept).toBe(true);
    const done = report.figures['What was done']!;
    expect(done.pictures).toBeGreaterThan(6_000);
    expect(done.frames).toBe((report.figures['The playout'] as { framesSent: number }).framesSent);
    expect(done.runsOfSpeech).toBeGreaterThan(0);
  });
});

describe('the report', () => {
  it('says what was broken, when and after what, and holds the plots that it names', () => {
    const folder = mkdtempSync(join(tmpdir(), 'herald-report-'));
    try {
      const invariants = invariantsAt(65);
      invariants.see('drift', 12, { name: 'actor 2', log: () => ['64.0 s  interrupt: ok'] }, 'video');
      const report = { title: 'Soak', command: 'x', seed: 1, startedAt: 'now', seconds: 70, figures: {}, calms: [] };
      writeReport(folder, { ...report, findings: invariants.all }, []);
      const text = readFileSync(join(folder, 'report.md'), 'utf8');
      expect(text).toContain('**Broken: drift.**');
      expect(text).toMatch(/at 1 min 5 s .*actor 2: 12\. video/);
      expect(text).toContain('64.0 s  interrupt: ok');
      expect(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')).findings[0].verdict).toBe('broken');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('draws lines with their limit, and leaves out what is unknown', () => {
    const points = [
      [0, 1],
      [1, Number.NaN],
      [2, 3],
    ] as const;
    const svg = plot({ title: 'a < b', unit: 'ms', limit: 2, lines: [{ name: 'x', colour: '#00f', points }] });
    expect(svg).toContain('a &lt; b');
    expect(svg).not.toContain('NaN');
    expect(svg.match(/stroke="#00f"/g)).toHaveLength(1);
    expect(svg).toContain('stroke-dasharray');
  });
});

describe('a calm', () => {
  const calm = (roles: string[], threads: number, native: Record<string, number>) =>
    ({ roles, threads, native, descriptors: 30 }) as Sample;
  const brokenBy = (later: Sample) => {
    const invariants = new Invariants(() => 1, soakPromises(10));
    compareCalms(invariants, calm(['infer'], 30, { 'infer-process': 1, peer: 0 }), later);
    return invariants.all.filter(({ verdict }) => verdict === 'broken').map(({ name }) => name);
  };

  it('may have what the server keeps for the next who comes, and no more', () => {
    const kept = ['infer', 'decode', 'decode'];
    expect(brokenBy(calm(kept, 54, { 'infer-process': 1, 'decode-process': 2 }))).toEqual([]);
    expect(brokenBy(calm([...kept, 'decode'], 66, { 'decode-process': 3 }))).toEqual([
      'native objects freed',
      'processes freed',
    ]);
    expect(brokenBy(calm(['infer', 'infer'], 42, { 'infer-process': 2 }))).toEqual([
      'native objects freed',
      'processes freed',
    ]);
    expect(brokenBy(calm(['infer'], 36, { peer: 1 }))).toEqual(['native objects freed', 'threads freed']);
  });
});
