import { describe, expect, it } from 'vitest';
import type { Arrival } from '../congestion/arrivals';
import { LipSync } from './lip-sync';
import { serializePlayoutDelay } from './playout-delay';

/** Sound every 20 ms and a picture of three packets every 40, `lateMs` after they were sent; `lost` are a picture's that are. */
function watch(
  sync: LipSync,
  fromMs: number,
  ms: number,
  lateMs: (mediaMs: number) => number,
  lost: number[] = [],
): number {
  for (let mediaMs = fromMs; mediaMs < fromMs + ms; mediaMs += 20) {
    const report: Arrival[] = [];
    const arrivedMs = mediaMs + lateMs(mediaMs);
    const packet = (kind: 'sound' | 'picture', at: number | undefined, last: boolean) =>
      report.push({ sentMs: mediaMs, bytes: 1_000, arrivedMs: at, media: { kind, ms: mediaMs, last } });
    packet('sound', arrivedMs, true);
    if (mediaMs % 40 === 0) {
      for (let i = 0; i < 3; i++) packet('picture', lost.includes(i) ? undefined : arrivedMs, i === 2);
    }
    sync.arrived(report);
  }
  return fromMs + ms;
}

describe('how long pictures wait for their sound', () => {
  it('is not known before both have come', () => {
    const sync = new LipSync();
    expect(sync.playoutDelay).toBeUndefined();
    watch(sync, 20, 20, () => 0);
    expect(sync.playoutDelay).toBeUndefined();
  });

  it('is hardly anything on a good network', () => {
    const sync = new LipSync();
    watch(sync, 0, 60_000, () => 30);
    const { minMs, maxMs } = sync.playoutDelay!;
    expect(minMs).toBeGreaterThan(0);
    expect(minMs).toBeLessThanOrEqual(100);
    // No upper bound: a browser that knows better may wait longer. And none of libwebrtc's modes for low latency.
    expect(maxMs).toBe(10_000);
  });

  it('is as long as the sound was held up, with the first report of it', () => {
    const sync = new LipSync();
    const mediaMs = watch(sync, 0, 30_000, () => 30);
    watch(sync, mediaMs, 20, () => 880);
    expect(sync.playoutDelay!.minMs).toBeGreaterThanOrEqual(850);
    expect(sync.playoutDelay!.minMs).toBeLessThanOrEqual(950);
  });

  it('makes up for pictures that are still shown by the way as it was', () => {
    const sync = new LipSync();
    let mediaMs = watch(sync, 0, 30_000, () => 30);
    mediaMs = watch(sync, mediaMs, 4_000, () => 230);
    expect(sync.playoutDelay!.minMs).toBeGreaterThanOrEqual(200);
    mediaMs = watch(sync, mediaMs, 60_000, () => 230);
    expect(sync.playoutDelay!.minMs).toBeLessThanOrEqual(100);
    // Shorter again: they are shown late as it is.
    watch(sync, mediaMs, 4_000, () => 30);
    expect(sync.playoutDelay!.minMs).toBeLessThanOrEqual(100);
  });

  it('takes no picture that was repaired for a measure of the way', () => {
    const [whole, repaired] = [new LipSync(), new LipSync()];
    const ms = watch(whole, 0, 30_000, () => 30);
    watch(repaired, 0, 30_000, () => 30);
    const before = whole.playoutDelay!.minMs;
    // Long enough to be believed.
    watch(repaired, ms, 8_000, (mediaMs) => (mediaMs % 40 === 0 ? 230 : 30), [1]);
    watch(whole, ms, 8_000, (mediaMs) => (mediaMs % 40 === 0 ? 230 : 30));
    expect(repaired.playoutDelay!.minMs - before).toBeGreaterThan(100);
    expect(whole.playoutDelay!.minMs - before).toBeLessThan(100);
  });

  it('takes none for a measure that came after one which is never repaired', () => {
    const late = (sync: LipSync, fromMs: number, lateMs: number, lost: number[] = []) =>
      watch(sync, fromMs, 40, () => lateMs, lost);
    const delay = (abandoned: boolean) => {
      const sync = new LipSync();
      let ms = watch(sync, 0, 4_000, () => 30);
      ms = late(sync, ms, 230, [1]);
      for (let i = 0; i < 6; i++) ms = late(sync, ms, 830);
      if (abandoned) sync.abandoned(ms - 20);
      watch(sync, ms + 1_000, 2_000, () => 30);
      return sync.playoutDelay!.minMs;
    };
    // It has not seen enough yet to tell outliers: those that count move it.
    expect(delay(false)).toBeLessThan(delay(true));
  });

  it('is never more than a second', () => {
    const sync = new LipSync();
    const mediaMs = watch(sync, 0, 30_000, () => 30);
    watch(sync, mediaMs, 1_000, () => 5_000);
    expect(sync.playoutDelay!.minMs).toBe(1_000);
  });
});

it('is written as twelve bits of tens of milliseconds each', () => {
  expect(serializePlayoutDelay({ minMs: 100, maxMs: 10_000 }).toString('hex')).toBe('00a3e8');
  expect(serializePlayoutDelay({ minMs: 854, maxMs: 1e6 }).toString('hex')).toBe('055fff');
  expect(serializePlayoutDelay({ minMs: -5, maxMs: 0 }).toString('hex')).toBe('000000');
});
