import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Pacer } from './pacer';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const PACKET_BYTES = 1_000;

function paced(rateBps: number) {
  const pacer = new Pacer();
  pacer.rateBps = rateBps;
  const sent: { name: number; atMs: number }[] = [];
  let named = 0;
  const push = (packets: number) =>
    pacer.push(
      Array.from({ length: packets }, () => {
        const name = named++;
        return { bytes: PACKET_BYTES, send: () => sent.push({ name, atMs: performance.now() }) };
      }),
    );
  return { pacer, sent, push };
}

it('lets a picture that fits through at once, without a timer', () => {
  const { sent, push } = paced(10_000_000);
  expect(push(3)).toBe(true);
  expect(sent).toHaveLength(3);
  expect(vi.getTimerCount()).toBe(0);
});

it('spreads a keyframe over the time that its rate takes, in order', async () => {
  const { pacer, sent, push } = paced(800_000); // 100 bytes a ms
  push(30);
  expect(sent.length).toBeLessThan(6);
  await vi.advanceTimersByTimeAsync(400);
  expect(sent.map(({ name }) => name)).toEqual(Array.from({ length: 30 }, (_, i) => i));
  expect(pacer.queuedBytes).toBe(0);
  const lastMs = sent.at(-1)!.atMs - sent[0]!.atMs;
  expect(lastMs).toBeGreaterThan(230);
  expect(lastMs).toBeLessThan(320);
  expect(vi.getTimerCount()).toBe(0);
});

it('makes room for what does not wait', async () => {
  const { pacer, sent, push } = paced(800_000);
  pacer.spend(20_000);
  push(2);
  await vi.advanceTimersByTimeAsync(100);
  expect(sent).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(100);
  expect(sent.length).toBeGreaterThan(0);
});

it('throws away what would wait half a second, and says so', async () => {
  const { pacer, sent, push } = paced(80_000); // 10 bytes a ms
  expect(push(8)).toBe(true);
  expect(push(3)).toBe(false);
  expect(pacer.queuedBytes).toBe(0);
  const before = sent.length;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(sent).toHaveLength(before);
  expect(push(1)).toBe(true);
});
