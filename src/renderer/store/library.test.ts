import { describe, expect, it } from 'vitest';
import type { RecordingSummary } from '../../shared/protocol';
import {
  emptyLibrary,
  faulted,
  kept,
  type LibraryState,
  listed,
  listFailed,
  removed,
  removing,
  retitled,
} from './library';

const recording = (id: string): RecordingSummary => ({
  id,
  file: `${id}.mp4`,
  title: id,
  presenter: 'clara',
  sessionid: 123_456,
  startedAt: '2026-01-02T03:04:05.000Z',
  durationMs: 1_000,
  bytes: 10,
  type: 'video/mp4',
  recovered: false,
  subtitles: false,
});
type Step = (state: LibraryState) => Partial<LibraryState>;
const having = (...steps: Step[]): LibraryState => {
  let state = emptyLibrary;
  for (const step of steps) state = { ...state, ...step(state) };
  return state;
};
const page =
  (ids: string, total = ids.length, offset = 0): Step =>
  (s) =>
    listed(s, { recordings: [...ids].map(recording), total }, offset);
const ids = (s: LibraryState) => s.recordings.map(({ id }) => id).join('');

describe('the list of recordings', () => {
  it('begins anew with its first page, and goes on with the next, without twins', () => {
    expect(ids(having(page('abc', 5), page('de', 5, 3)))).toBe('abcde');
    // One was recorded between the two requests: everything moved on by one.
    expect(ids(having(page('abc', 5), page('cde', 6, 3)))).toBe('abcde');
    expect(ids(having(page('abc', 5), page('xa', 6)))).toBe('xa');
  });

  it('keeps what it has when the server does not answer', () => {
    expect(having((s) => listFailed(s, 'gone'))).toMatchObject({ state: 'failed', problem: 'gone' });
    const stale = having(page('a'), (s) => listFailed(s, 'gone'));
    expect([stale.state, stale.problem, ids(stale)]).toEqual(['ready', 'gone', 'a']);
    expect(having((s) => listFailed(s, 'gone'), page('a')).problem).toBe('');
  });

  it('takes a deletion back until the server is asked', () => {
    const undoable: Step = (s) => removing(s, 'a', { state: 'undoable' });
    const going: Step = (s) => removing(s, 'a', { state: 'going' });
    const undo: Step = (s) => kept(s, 'a');
    expect(having(page('ab'), undoable, undo).removals).toEqual({});
    expect(having(page('ab'), undoable, going, undo).removals).toEqual({ a: { state: 'going' } });
    const gone = having(page('ab', 7), undoable, going, (s) => removed(s, 'a'));
    expect([ids(gone), gone.total, gone.removals]).toEqual(['b', 6, {}]);
  });

  it('shows a recording again that could not be deleted, and why, until the next try', () => {
    const back = having(
      page('ab'),
      (s) => removing(s, 'a', { state: 'going' }),
      (s) => faulted(s, 'a', 'in use'),
    );
    expect(back).toMatchObject({ removals: {}, faults: { a: 'in use' } });
    expect(ids(back)).toBe('ab');
    expect({ ...back, ...retitled(back, 'a', 'A') }).toMatchObject({ faults: {}, recordings: [{ title: 'A' }, {}] });
  });
});
