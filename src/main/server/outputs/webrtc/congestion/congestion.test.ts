import { describe, expect, it } from 'vitest';
import { type LinkConditions, SimulatedLink } from '../../../../../../testing/simulated-link';
import type { Rendition } from '../../output';
import { BandwidthEstimate } from './bandwidth';
import { DelayTrend } from './delay-trend';
import { RenditionChoice } from './rendition-choice';

const PROGRAM_BPS = 2_600_000;
const SOUND_BPS = 90_000;
const PACKET_BYTES = 1_200;
const GOOD: LinkConditions = { rateBps: 20_000_000, delayMs: 10, queueBytes: 200_000, loss: 0 };

/** A peer on counted time: sound every 20 ms, a picture every 40, a report every 100; live is sent at what the estimate says. */
class Peer {
  readonly link = new SimulatedLink(GOOD);
  readonly estimate = new BandwidthEstimate({
    startBps: 1.2 * PROGRAM_BPS,
    floorBps: 130_000,
    ceilingBps: 2 * PROGRAM_BPS,
  });
  readonly choice = new RenditionChoice();
  readonly switches: { rendition: Rendition; atMs: number }[] = [];
  nowMs = 0;
  worstQueueMs = 0;
  /** What the live rendition is held down to by others. */
  liveAtMostBps = PROGRAM_BPS;
  /** What the live rendition takes in its first second and a half, whatever it was told: it begins with a keyframe. */
  liveBeginsWithBps = 0;
  private reportedMs = 0;

  constructor(private readonly feedback: 'transport-wide' | 'receiver reports' = 'transport-wide') {}

  run(ms: number, conditions: Partial<LinkConditions> = {}): this {
    this.link.conditions = { ...GOOD, ...conditions };
    const endMs = this.nowMs + ms;
    for (; this.nowMs < endMs; this.nowMs += 20) this.step();
    return this;
  }

  get targetBps(): number {
    return this.estimate.targetBps(this.nowMs);
  }

  private get liveBps(): number {
    const begins = this.nowMs - this.switches.at(-1)!.atMs < 1_500;
    return Math.max(begins ? this.liveBeginsWithBps : 0, Math.min(this.targetBps, this.liveAtMostBps));
  }

  private step(): void {
    const { nowMs, estimate, link, choice } = this;
    this.send((SOUND_BPS / 8 / 1_000) * 20);
    if (nowMs % 40 === 0) {
      const rateBps = choice.rendition === 'program' ? PROGRAM_BPS : this.liveBps;
      for (let bytes = ((rateBps - SOUND_BPS) / 8_000) * 40; bytes > 0; bytes -= PACKET_BYTES) {
        this.send(Math.min(bytes, PACKET_BYTES));
      }
    }
    if (this.feedback === 'transport-wide') estimate.overdue(nowMs - this.reportedMs, nowMs);
    if (this.feedback === 'transport-wide' && nowMs % 100 === 0) {
      const arrivals = link.report(nowMs - link.conditions.delayMs);
      if (arrivals.length > 0) estimate.arrivals(arrivals, nowMs);
      this.reportedMs = arrivals.at(-1)?.sentMs ?? this.reportedMs;
      this.worstQueueMs = Math.max(this.worstQueueMs, estimate.queueMs);
    }
    if (nowMs % 1_000 === 0) this.report();
    const rendition = choice.look(
      { targetBps: this.targetBps, programBps: PROGRAM_BPS, queueMs: estimate.queueMs },
      nowMs,
    );
    if (rendition) this.switches.push({ rendition, atMs: nowMs });
  }

  private report(): void {
    const { nowMs, estimate, link } = this;
    if (this.feedback === 'transport-wide') {
      estimate.report(0, link.rttMs, nowMs);
      return;
    }
    const arrivals = link.report(nowMs - link.conditions.delayMs);
    const lost = arrivals.filter(({ arrivedMs }) => arrivedMs === undefined).length;
    if (arrivals.length > 0) estimate.report(lost / arrivals.length, link.rttMs, nowMs);
  }

  private send(bytes: number): void {
    this.estimate.sent(bytes, this.nowMs);
    this.link.send(bytes, this.nowMs);
  }
}

describe('a peer on a good network', () => {
  it('stays with the program', () => {
    const peer = new Peer().run(60_000);
    expect(peer.switches).toEqual([]);
    expect(peer.targetBps).toBeGreaterThan(1.15 * PROGRAM_BPS);
  });

  it.each([0.02, 0.05])('stays with the program while %d of the packets are lost at random', (loss) => {
    expect(new Peer().run(120_000, { loss }).switches).toEqual([]);
  });

  it.each([50, 200])('stays with the program when its way becomes %d ms longer, and shorter again', (delayMs) => {
    const peer = new Peer().run(10_000).run(30_000, { delayMs }).run(10_000);
    expect(peer.switches).toEqual([]);
  });
});

describe('a peer on a machine that has other things to do', () => {
  it.each([50, 150, 300])('stays with the program though its process stands still for up to %d ms', (stallMs) => {
    expect(new Peer().run(120_000, { stallMs }).switches).toEqual([]);
  });

  it('soon finds that a way which became longer is no queue', () => {
    const busy = { stallMs: 200 };
    const peer = new Peer().run(20_000, busy).run(30_000, { ...busy, delayMs: 200 });
    expect(peer.choice.rendition).toBe('program');
    expect(peer.targetBps).toBeGreaterThan(1.15 * PROGRAM_BPS);
  });

  it('leaves the program all the same where it does not fit, and returns', () => {
    const peer = new Peer().run(10_000, { stallMs: 150 });
    peer.run(20_000, { rateBps: 300_000, queueBytes: 32_000, stallMs: 150 }).run(15_000, { stallMs: 150 });
    expect(peer.switches.map(({ rendition }) => rendition)).toEqual(['live', 'program']);
  });
});

describe('a peer whose network carries 300 kbit/s', () => {
  const narrow: LinkConditions = { rateBps: 300_000, delayMs: 50, queueBytes: 32_000, loss: 0.02 };

  it('leaves the program within a second and a half, for one time', () => {
    const peer = new Peer().run(10_000).run(30_000, narrow);
    expect(peer.switches.map(({ rendition }) => rendition)).toEqual(['live']);
    expect(peer.switches[0]!.atMs).toBeLessThan(11_500);
  });

  it('is sent what fits, and its queue stays short once the first one has drained', () => {
    const peer = new Peer().run(10_000).run(10_000, narrow);
    const targets: number[] = [];
    peer.worstQueueMs = 0;
    for (let i = 0; i < 200; i++) targets.push(peer.run(100, narrow).targetBps);
    const mean = targets.reduce((a, b) => a + b, 0) / targets.length;
    expect(mean).toBeGreaterThan(200_000);
    expect(mean).toBeLessThan(300_000);
    expect(peer.worstQueueMs).toBeLessThan(500);
  });

  it.each([2_000, 10_000, 30_000])('is back with the program within 10 s after %d ms of it', (ms) => {
    const peer = new Peer().run(10_000).run(ms, narrow).run(20_000);
    expect(peer.switches.map(({ rendition }) => rendition)).toEqual(['live', 'program']);
    expect(peer.switches[1]!.atMs - 10_000 - ms).toBeLessThan(10_000);
  });

  it('is back also where the live rendition stays narrow for the sake of others', () => {
    const peer = new Peer().run(10_000);
    peer.liveAtMostBps = 200_000;
    peer.run(10_000, narrow).run(40_000);
    expect(peer.switches.map(({ rendition }) => rendition)).toEqual(['live', 'program']);
  });

  it('drains a queue that holds 1,000 packets, as netem does', () => {
    const peer = new Peer().run(10_000).run(25_000, { ...narrow, queueBytes: 1_200_000 });
    expect(peer.switches.map(({ rendition }) => rendition)).toEqual(['live']);
    expect(peer.estimate.queueMs).toBeLessThan(500);
  });

  it('leaves before it has put more than a few seconds into such a queue', () => {
    const peer = new Peer().run(10_000).run(2_000, { ...narrow, queueBytes: 1_200_000 });
    expect(peer.switches.map(({ rendition }) => rendition)).toEqual(['live']);
    expect(peer.switches[0]!.atMs).toBeLessThan(10_700);
    expect(peer.targetBps).toBeLessThan(250_000);
    expect(peer.run(10_000, { ...narrow, queueBytes: 1_200_000 }).worstQueueMs).toBeLessThan(4_500);
  });

  it('does not take a queue for the way because a keyframe kept it from draining', () => {
    const deep = { ...narrow, queueBytes: 1_200_000 };
    const peer = new Peer().run(10_000);
    peer.liveBeginsWithBps = 330_000;
    peer.run(3_000, deep);
    for (let i = 0; i < 100; i++) expect(peer.run(100, deep).targetBps).toBeLessThan(400_000);
    expect(peer.estimate.queueMs).toBeLessThan(500);
  });

  it('does without transport-wide feedback, by receiver reports', () => {
    const peer = new Peer('receiver reports').run(10_000).run(15_000, narrow);
    expect(peer.switches.map(({ rendition }) => rendition)).toEqual(['live']);
    expect(peer.targetBps).toBeLessThan(400_000);
    peer.run(15_000);
    expect(peer.switches.map(({ rendition }) => rendition)).toEqual(['live', 'program']);
  });
});

it('does not take one slow report for a queue', () => {
  const estimate = new BandwidthEstimate({ startBps: 3_000_000, floorBps: 130_000, ceilingBps: 5_000_000 });
  for (let nowMs = 0; nowMs < 3_000; nowMs += 20) estimate.sent(6_000, nowMs);
  for (const [second, rttMs] of [20, 700, 20, 700, 700].entries()) estimate.report(0, rttMs, second * 1_000);
  expect(estimate.targetBps(4_000)).toBeGreaterThanOrEqual(3_000_000);
  estimate.report(0, 700, 5_000);
  expect(estimate.targetBps(5_000)).toBeLessThan(2_500_000);
});

it('waits longer each time it returned to a program that its network did not carry', () => {
  const choice = new RenditionChoice();
  const switches: number[] = [];
  // The estimate is wrong while it is on live: it thinks that there is more.
  for (let nowMs = 0; nowMs < 120_000; nowMs += 100) {
    const targetBps = choice.rendition === 'live' ? 4_000_000 : 1_000_000;
    if (choice.look({ targetBps, programBps: 2_500_000, queueMs: 0 }, nowMs) === 'program') switches.push(nowMs);
  }
  const waits = switches.slice(1).map((atMs, i) => atMs - switches[i]!);
  expect(waits).toEqual([...waits].sort((a, b) => a - b));
  expect(waits.at(-1)).toBeGreaterThan(30_000);
  expect(switches.length).toBeLessThan(8);
});

it('does not return while a queue stands', () => {
  const choice = new RenditionChoice();
  const play = (fromMs: number, sight: { targetBps: number; queueMs: number }) => {
    for (let nowMs = fromMs; nowMs < fromMs + 5_000; nowMs += 100)
      choice.look({ ...sight, programBps: 2_500_000 }, nowMs);
    return choice.rendition;
  };
  expect(play(0, { targetBps: 300_000, queueMs: 400 })).toBe('live');
  expect(play(5_000, { targetBps: 4_000_000, queueMs: 300 })).toBe('live');
  expect(play(10_000, { targetBps: 4_000_000, queueMs: 10 })).toBe('program');
});

it('returns also where the fullest second of the program took more than the estimate ever tells (VP8 after a keyframe)', () => {
  const choice = new RenditionChoice(5_200_000);
  const sight = { programBps: 4_800_000, queueMs: 0 };
  for (let nowMs = 0; nowMs < 1_000; nowMs += 100) choice.look({ ...sight, targetBps: 300_000 }, nowMs);
  expect(choice.rendition).toBe('live');
  for (let nowMs = 1_000; nowMs < 10_000; nowMs += 100) choice.look({ ...sight, targetBps: 4_000_000 }, nowMs);
  expect(choice.rendition).toBe('live');
  for (let nowMs = 10_000; nowMs < 12_000; nowMs += 100) choice.look({ ...sight, targetBps: 5_200_000 }, nowMs);
  expect(choice.rendition).toBe('program');
});

it('takes the receiver at its word (REMB) where packets are late or lost, for as long as it goes on to say so', () => {
  const estimate = new BandwidthEstimate({ startBps: 3_000_000, floorBps: 130_000, ceilingBps: 5_000_000 });
  estimate.report(0, 40, 0);
  estimate.receiver(400_000, 1_000);
  expect(estimate.targetBps(1_000)).toBe(3_000_000);
  estimate.report(0, 200, 1_100);
  expect(estimate.targetBps(1_100)).toBe(400_000);
  expect(estimate.targetBps(5_900)).toBe(400_000);
  expect(estimate.targetBps(6_100)).toBe(3_000_000);
  estimate.receiver(1, 7_000);
  expect(estimate.targetBps(7_000)).toBe(130_000);
});

describe('the trend of delays', () => {
  const trendOf = (delays: number[]) => {
    const trend = new DelayTrend();
    for (const [i, delayMs] of delays.entries()) trend.add(i * 20, 1e6 + i * 20 + delayMs);
    return trend;
  };
  const flat = new Array<number>(50).fill(10);

  it('rises with a queue', () => {
    expect(trendOf([...flat, ...flat.map((_, i) => 10 + i * 3)]).rising).toBe(true);
  });
  it('does not rise with one step, or with a moment in which nothing moved', () => {
    expect(trendOf([...flat, ...flat.map(() => 210)]).rising).toBe(false);
    for (let pause = 0; pause < 20; pause++) {
      expect(
        trendOf([...flat, ...[200, 180, 160, 140, 120, 100, 80, 60, 40, 20].slice(0, pause), 10, 10, 10]).rising,
      ).toBe(false);
    }
  });
});
