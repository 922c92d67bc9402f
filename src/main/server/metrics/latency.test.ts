import { describe, expect, it } from 'vitest';
import { LatencyLedger, TurnClock } from './latency';

describe('TurnClock', () => {
  it('stamps each milestone once, counted from the request', () => {
    let nowMs = 1_000;
    const clock = new TurnClock(() => nowMs);
    nowMs = 1_240.4;
    clock.mark('firstTokenMs');
    nowMs = 1_300;
    clock.mark('firstTokenMs');
    clock.mark('firstAudioMs');
    expect(clock.figures).toEqual({ firstTokenMs: 240, firstAudioMs: 300 });
  });
});

describe('LatencyLedger', () => {
  it('gives percentiles by kind and milestone, counted from when a turn was taken up', () => {
    const ledger = new LatencyLedger();
    for (let i = 1; i <= 20; i++) ledger.add('chat', { queuedMs: 1_000, firstTokenMs: 1_000 + i * 10 });
    ledger.add('echo', { firstSoundSentMs: 90 });
    const { chat, echo } = ledger.summary();
    expect(chat?.firstTokenMs).toEqual({ p50: 100, p95: 190, count: 20 });
    expect(chat?.queuedMs).toEqual({ p50: 1_000, p95: 1_000, count: 20 });
    expect(echo).toEqual({ firstSoundSentMs: { p50: 90, p95: 90, count: 1 } });
  });

  it('forgets the oldest of more than 200 turns', () => {
    const ledger = new LatencyLedger();
    ledger.add('echo', { firstSoundSentMs: 9_999 });
    for (let i = 0; i < 200; i++) ledger.add('echo', { firstSoundSentMs: 80 });
    expect(ledger.summary().echo?.firstSoundSentMs).toEqual({ p50: 80, p95: 80, count: 200 });
  });
});
