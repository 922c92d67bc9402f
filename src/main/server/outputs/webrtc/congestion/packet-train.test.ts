import { describe, expect, it } from 'vitest';
import { type LinkConditions, SimulatedLink } from '../../../../../../testing/simulated-link';
import { Backlog } from './backlog';
import { PacketTrain } from './packet-train';

const GOOD: LinkConditions = { rateBps: 20_000_000, delayMs: 10, queueBytes: 200_000, loss: 0 };
const NARROW: Partial<LinkConditions> = { rateBps: 300_000, queueBytes: 32_000 };
const BAD_FROM_MS = 10_000;

/** A program of 2.1 Mbit/s, reported on every 100 ms: when each of them tells of a bottleneck, and of what rate. */
function watch(
  conditions: Partial<LinkConditions>,
  { phaseMs = 0, untilMs = BAD_FROM_MS + 2_000, keyframeAtMs = -1 } = {},
) {
  const link = new SimulatedLink(GOOD);
  const [train, backlog] = [new PacketTrain(), new Backlog()];
  const told = { trainMs: Number.NaN, backlogMs: Number.NaN, carriedBps: Number.NaN };
  let shortestMs: number | undefined;
  for (let nowMs = 0; nowMs < untilMs; nowMs++) {
    if (nowMs === BAD_FROM_MS + phaseMs) link.conditions = { ...GOOD, ...conditions };
    if (nowMs % 20 === 0) link.send(220, nowMs);
    if (nowMs % 40 < 16 && nowMs % 2 === 0) link.send(1_270, nowMs);
    if (nowMs >= keyframeAtMs && nowMs < keyframeAtMs + 40) link.send(1_270, nowMs);
    if (nowMs % 100 !== 0) continue;
    const report = link.report(nowMs - GOOD.delayMs);
    const carriedBps = train.add(report, shortestMs);
    backlog.add(report, shortestMs);
    if (carriedBps !== undefined && Number.isNaN(told.trainMs)) Object.assign(told, { trainMs: nowMs, carriedBps });
    if (backlog.carriedBps !== undefined && Number.isNaN(told.backlogMs)) told.backlogMs = nowMs;
    for (const { sentMs, arrivedMs } of report) {
      if (arrivedMs !== undefined) shortestMs = Math.min(shortestMs ?? Number.POSITIVE_INFINITY, arrivedMs - sentMs);
    }
  }
  return told;
}

describe('the packets of one picture', () => {
  it.each([0, 25, 50, 75])(
    'tell of a bottleneck within 300 ms, and a report or two before a backlog does (%d)',
    (phaseMs) => {
      const { trainMs, backlogMs, carriedBps } = watch(NARROW, { phaseMs });
      expect(trainMs - BAD_FROM_MS - phaseMs).toBeLessThanOrEqual(300);
      expect(trainMs).toBeLessThan(backlogMs);
      expect(carriedBps / 300_000).toBeCloseTo(1, 1);
    },
  );

  it.each([0.02, 0.05, 0.2])('tell it also where %d of them are lost', (loss) => {
    const { trainMs, carriedBps } = watch({ ...NARROW, loss });
    expect(trainMs - BAD_FROM_MS).toBeLessThanOrEqual(400);
    expect(carriedBps).toBeLessThan(330_000);
  });

  it.each<[string, Partial<LinkConditions>]>([
    ['a good network', {}],
    ['one that loses', { loss: 0.05 }],
    ['a way that became longer', { delayMs: 210 }],
    ['a receiver that stands still for up to 50 ms', { stallMs: 50 }],
    ['a receiver that stands still for up to 300 ms', { stallMs: 300 }],
    ['one that is slow but carries the program', { rateBps: 2_600_000 }],
  ])('tell nothing of %s', (_, conditions) => {
    expect(watch(conditions, { untilMs: 60_000 }).trainMs).toBeNaN();
  });

  it('tell of no more than a keyframe that takes its time', () => {
    const { carriedBps, trainMs } = watch({ rateBps: 3_000_000 }, { keyframeAtMs: 10_300 });
    if (!Number.isNaN(trainMs)) expect(carriedBps).toBeGreaterThan(2_500_000);
  });
});
