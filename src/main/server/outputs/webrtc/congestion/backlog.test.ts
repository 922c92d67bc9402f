import { describe, expect, it } from 'vitest';
import { Backlog } from './backlog';

const BYTES = 1_250;
/** Their clock is another one. */
const CLOCK_MS = 1e9;

/** Feeds a report every 100 ms, each with packets of these delays, after two seconds without a queue; tells what was seen. */
function seen(reports: readonly (readonly number[])[]): {
  carriedBps: number | undefined;
  afterReports: number | undefined;
} {
  const backlog = new Backlog();
  let nowMs = 0;
  const report = (delays: readonly number[]) => {
    nowMs += 100;
    const arrivedMs = (i: number) => CLOCK_MS + nowMs - 100 + ((i + 1) * 100) / delays.length;
    const arrivals = delays.map((delayMs, i) => ({
      bytes: BYTES,
      arrivedMs: arrivedMs(i),
      sentMs: arrivedMs(i) - CLOCK_MS - delayMs,
    }));
    backlog.add(arrivals, 10 + CLOCK_MS);
  };
  for (let i = 0; i < 20; i++) report([10, 10, 10]);
  for (const [i, delays] of reports.entries()) {
    report(delays);
    if (backlog.carriedBps !== undefined) return { carriedBps: backlog.carriedBps, afterReports: i + 1 };
  }
  return { carriedBps: undefined, afterReports: undefined };
}

describe('the first reports of a queue', () => {
  it('are enough where it fills many times faster than it empties, and tell what comes through', () => {
    const { carriedBps, afterReports } = seen([
      [30, 60, 90],
      [120, 150, 180],
      [210, 240, 270],
      [300, 330, 360],
    ]);
    expect(afterReports).toBe(4);
    expect(carriedBps).toBeCloseTo(300_000);
  });

  it('are none of a receiver that was held up: what came last came quickly', () => {
    const heldUp = [300, 200, 100, 10];
    expect(seen([heldUp, heldUp, [10], heldUp, heldUp, heldUp]).carriedBps).toBeUndefined();
  });

  it('are none of a keyframe that takes its time, or of a way that became longer', () => {
    expect(seen([[60, 90], [120, 180], [60, 20], [10]]).carriedBps).toBeUndefined();
    expect(
      seen([
        [310, 310],
        [310, 310],
        [310, 310],
        [310, 310],
      ]).carriedBps,
    ).toBeUndefined();
  });

  it('say nothing of a queue that grows slowly', () => {
    expect(seen(Array.from({ length: 40 }, (_, i) => [10 + i * 20])).carriedBps).toBeUndefined();
  });
});
