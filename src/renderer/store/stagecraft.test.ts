import { describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../shared/protocol';
import { applyEvent } from './events';
import {
  actProgress,
  keyOfPlace,
  leaveSession,
  modeOfKey,
  modeWanted,
  tapeEnded,
  tapeEnding,
  tapeFailed,
  tapeStarted,
  tapeWanted,
} from './stagecraft';
import type { StudioState } from './state';
import { initialState } from './studio';

type Step = (state: StudioState) => Partial<StudioState>;
const having = (...steps: Step[]): StudioState => {
  let state = initialState;
  for (const step of steps) state = { ...state, ...step(state) };
  return state;
};
const event =
  (e: SessionEvent, atMs = 0): Step =>
  (s) =>
    applyEvent(s, e, atMs);
const record = (
  state: 'started' | 'running' | 'finished' | 'failed',
  more: { reason?: string; durationMs?: number; bytes?: number } = {},
) => ({ status: 'record', state, file: 'a.mp4', id: 'a', ...more }) as const;

describe('recording', () => {
  it('counts time and bytes from the moment its first picture was recorded', () => {
    expect(having(tapeWanted).taping).toEqual({ state: 'starting', startedAtMs: null, bytes: null });
    const on = [tapeWanted, event(record('started'), 500)];
    expect(having(...on).taping).toEqual({ state: 'on', startedAtMs: 500, bytes: null });
    const told = record('running', { durationMs: 1_000, bytes: 40_000 });
    // The event was 30 ms on its way: the clock goes on as it was.
    expect(having(...on, event(told, 1_530)).taping).toEqual({ state: 'on', startedAtMs: 500, bytes: 40_000 });
    expect(having(...on, tapeEnding, event(told, 1_530)).taping?.state).toBe('ending');
  });

  it('is shown by a page that comes to it later, with the time that it has', () => {
    const told = event(record('running', { durationMs: 60_000, bytes: 9_000_000 }), 100_000);
    expect(having(told).taping).toEqual({ state: 'on', startedAtMs: 40_000, bytes: 9_000_000 });
    // A machine that slept: what was not recorded does not count.
    expect(having(event(record('started'), 0), told).taping?.startedAtMs).toBe(40_000);
  });

  it('keeps the time of the event when the reply comes after it, and does without the event', () => {
    const both = having(tapeWanted, event(record('started'), 500), (s) => tapeStarted(s, 900));
    expect(both.taping?.startedAtMs).toBe(500);
    expect(having(tapeWanted, (s) => tapeStarted(s, 900)).taping).toMatchObject({ state: 'on', startedAtMs: 900 });
  });

  it('ends with the reply, with the event, or by itself', () => {
    const on = [tapeWanted, event(record('started'))];
    expect(having(...on, tapeEnding).taping?.state).toBe('ending');
    expect(having(...on, tapeEnding, tapeEnded).taping).toBeNull();
    expect(having(...on, tapeEnding, event(record('finished'))).taping).toBeNull();
    expect(having(...on, event(record('finished', { reason: 'the disk is full' }))).taping).toBeNull();
    // A reply that comes late does not end the recording that was begun meanwhile.
    expect(having(...on, tapeEnding, event(record('finished')), tapeWanted, tapeEnded).taping?.state).toBe('starting');
  });

  it('shows what another program records through the same session', () => {
    expect(having(event(record('started'), 70)).taping).toMatchObject({ state: 'on', startedAtMs: 70 });
  });

  it('says why it did not begin or was lost, until the next try', () => {
    const refused = having(tapeWanted, (s) => tapeFailed(s, 'no room'));
    expect(refused).toMatchObject({ taping: null, tapeProblem: 'no room' });
    expect(having(tapeWanted, (s) => tapeFailed(s, 'no room'), tapeWanted).tapeProblem).toBeNull();
    const lost = having(event(record('started')), event(record('failed', { reason: 'disk gone' })));
    expect(lost).toMatchObject({ taping: null, tapeProblem: 'disk gone' });
  });

  it('goes on when its end failed', () => {
    const goesOn = having(event(record('started'), 7), tapeEnding, (s) => tapeFailed(s, 'no answer'));
    expect(goesOn).toMatchObject({ taping: { state: 'on', startedAtMs: 7 }, tapeProblem: 'no answer' });
  });

  it('is over with the session', () => {
    expect(having(event(record('started')), leaveSession)).toMatchObject({ taping: null, act: null, session: null });
  });
});

describe('performances', () => {
  const mode = (audiotype: number, atMs = 0) => event({ status: 'mode', audiotype }, atMs);
  const wanted =
    (audiotype: number): Step =>
    (s) =>
      modeWanted(s, audiotype);

  it('begin when the session says so, and end in another mode', () => {
    expect(having(wanted(2))).toMatchObject({ audiotype: 0, act: { audiotype: 2, startedAtMs: null } });
    const on = having(wanted(2), mode(2, 40));
    expect(on).toMatchObject({ audiotype: 2, act: { audiotype: 2, startedAtMs: 40 } });
    expect({ ...on, ...applyEvent(on, { status: 'mode', audiotype: 1 }, 90) }).toMatchObject({
      audiotype: 1,
      act: null,
    });
  });

  it('wait for their turn while another one ends', () => {
    expect(having(mode(2), wanted(3), mode(1)).act).toEqual({ audiotype: 3, startedAtMs: null });
  });

  it('end at once for those who press live or still', () => {
    expect(having(mode(2), wanted(0))).toMatchObject({ audiotype: 0, act: null });
  });

  it('tell how far they have come, where that can be known', () => {
    const wave = { audiotype: 2, name: 'wave', durationMs: 4_000 };
    expect([0, 1_000, 9_000].map((ms) => actProgress(1_000, wave, 1_000 + ms))).toEqual([0, 0.25, 1]);
    expect(actProgress(0, { ...wave, loop: true }, 1_000)).toBeNull();
    expect(actProgress(0, { audiotype: 2, name: 'wave' }, 1_000)).toBeNull();
    expect(actProgress(0, undefined, 1_000)).toBeNull();
  });

  it('have keys in their order', () => {
    const all = [5, 2, 9].map((audiotype) => ({ audiotype, name: `${audiotype}` }));
    expect(['1', '2', '3', '4', '5', '6', '0', 'a', '11'].map((key) => modeOfKey(key, all))).toEqual([
      0,
      1,
      5,
      2,
      9,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(all.map((_, place) => modeOfKey(keyOfPlace(place) ?? '', all))).toEqual([5, 2, 9]);
    expect([keyOfPlace(6), keyOfPlace(7)]).toEqual(['9', undefined]);
  });
});
