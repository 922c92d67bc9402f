import { describe, expect, it } from 'vitest';
import { inOrder, matches, type Searched } from './search';

const recording = (id: string, more: Partial<Searched['summary']> = {}, said: string[] = []): Searched => ({
  summary: {
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
    subtitles: said.length > 0,
    ...more,
  },
  turns: said.map((text, turn) => ({ turn, sentences: [{ text, startMs: 0, endMs: 1_000 }] })),
});

describe('looking for a recording', () => {
  const one = recording('a', { title: 'Café Müller, evening' }, ['Good evening from the studio.', '晚上好']);
  it.each(['', '  ', 'muller CAFE', 'Ｅｖｅｎｉｎｇ', 'clara', 'studio evening', '晚上', 'a.mp4'])(
    '%j finds it',
    (query) => {
      expect(matches(one, query)).toBe(true);
    },
  );
  it.each(['morning', 'studio morning', '早上'])('%j does not', (query) => {
    expect(matches(one, query)).toBe(false);
  });
});

it('recordings stand in the order that is asked for, alike ones newest first', () => {
  const all = [
    recording('1', { title: 'Show 10', durationMs: 5_000, bytes: 10 }),
    recording('2', { title: 'Show 9', durationMs: null, bytes: 30 }),
    recording('3', { title: 'Show 9', durationMs: 9_000, bytes: 10 }),
  ];
  const ids = (sort: Parameters<typeof inOrder>[1]) =>
    inOrder(all, sort)
      .map(({ summary }) => summary.id)
      .join('');
  expect(ids('newest')).toBe('321');
  expect(ids('oldest')).toBe('123');
  expect(ids('longest')).toBe('312');
  expect(ids('largest')).toBe('231');
  expect(ids('title')).toBe('321');
});
