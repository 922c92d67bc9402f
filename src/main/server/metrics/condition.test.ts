import { describe, expect, it } from 'vitest';
import { conditionOf, type HealthStatus, type Vitals } from './condition';

const well: Vitals = {
  mouth: { state: 'ready' },
  voices: [{ engine: 'espeak', state: 'ready' }],
  loop: { p50Ms: 0, p99Ms: 3, maxMs: 20 },
  freeBytes: 50e9,
  minFreeBytes: 500e6,
};

describe('the condition', () => {
  it.each<[string, Partial<Vitals>, HealthStatus, RegExp?]>([
    ['all well', {}, 'ok'],
    ['a disk that does not tell', { freeBytes: undefined }, 'ok'],
    ['an engine that does not tell', { voices: [] }, 'ok'],
    ['a mouth that starts', { mouth: { state: 'starting' } }, 'ok'],
    ['a mouth that is replaced', { mouth: { state: 'restarting' } }, 'degraded', /^mouth: its process died/],
    ['no mouth', { mouth: { state: 'failed', lastError: 'gone for good' } }, 'degraded', /gone for good/],
    [
      'another mouth in its place',
      { mouth: { state: 'ready', instead: { model: 'x.pth', why: 'not a checkpoint', loading: false } } },
      'degraded',
      /x\.pth cannot be used: not a checkpoint/,
    ],
    [
      'one that will take its place',
      { mouth: { state: 'ready', instead: { model: 'x.pth', why: 'it is being made ready', loading: true } } },
      'degraded',
      /x\.pth is not in use yet: it is being made ready/,
    ],
    [
      'one of two voices',
      { voices: [{ engine: 'edgetts', state: 'failing', problem: 'no internet' }, ...well.voices] },
      'degraded',
      /^voice edgetts: no internet$/,
    ],
    ['the only voice', { voices: [{ engine: 'edgetts', state: 'failing' }] }, 'failing', /voice edgetts/],
    ['a full disk', { freeBytes: 499e6 }, 'degraded', /^disk: 499 MB free, recordings need 500/],
    ['a late event loop', { loop: { ...well.loop, p99Ms: 250 } }, 'degraded', /^event loop: 250 ms late/],
    ['a stalled event loop', { loop: { ...well.loop, p99Ms: 2_500 } }, 'failing', /^event loop/],
    ['draining', { draining: true }, 'draining', /no new sessions/],
    ['draining with something wrong', { draining: true, mouth: { state: 'restarting' } }, 'draining', /mouth/],
  ])('%s', (_what, changes, status, reason) => {
    const condition = conditionOf({ ...well, ...changes });
    expect(condition.status).toBe(status);
    if (reason) expect(condition.reasons.some((one) => reason.test(one))).toBe(true);
    else expect(condition.reasons).toEqual([]);
  });

  it('names the worst first', () => {
    const { reasons } = conditionOf({
      ...well,
      freeBytes: 0,
      mouth: { state: 'restarting' },
      voices: [{ engine: 'xtts', state: 'failing' }],
    });
    expect(reasons.map((reason) => reason.split(' ')[0])).toEqual(['voice', 'mouth:', 'disk:']);
  });
});
