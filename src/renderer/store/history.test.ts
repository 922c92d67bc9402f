import { notifications, notificationsStore } from '@mantine/notifications';
import { isValidElement } from 'react';
import { afterEach, describe, expect, it } from 'vitest';
import { clearHistory, parseHistory, searchLines, serializeHistory } from './history';
import { addLine, lineAccepted, MAX_LINES } from './lines';
import type { Line } from './state';
import { apply, initialState, useStudio } from './studio';

const line = (text: string, more: Partial<Line> = {}): Line => ({
  id: 1,
  kind: 'echo',
  text,
  own: true,
  sentAtMs: 500,
  fresh: true,
  turn: 3,
  state: 'said',
  answer: '',
  answerDone: false,
  sentences: 1,
  sounding: null,
  saidTo: 4,
  problem: null,
  note: null,
  ...more,
});

afterEach(() => {
  useStudio.setState(initialState, true);
  notifications.clean();
});

describe('the conversation, kept', () => {
  it('comes back with its times in the next page, belonging to no turn of its session', () => {
    const problem = { reason: 'no key', remedy: 'set one' };
    const lines = [line('hello'), line('who?', { kind: 'chat', answer: 'Ada.', state: 'failed', problem })];
    const back = parseHistory(serializeHistory(lines, 1_000_000), 1_700_000);
    expect(back.map(({ text, answer, state, turn }) => ({ text, answer, state, turn }))).toEqual([
      { text: 'hello', answer: '', state: 'said', turn: null },
      { text: 'who?', answer: 'Ada.', state: 'failed', turn: null },
    ]);
    expect(back[1]?.problem).toEqual(problem);
    expect(back.map(({ sentAtMs }) => sentAtMs + 1_700_000)).toEqual([1_000_500, 1_000_500]);
    expect(new Set(back.map(({ id }) => id)).size).toBe(2);
    expect(back.every(({ id }) => id < 0)).toBe(true);
  });

  it('leaves out what is not over, and is bounded', () => {
    const open = parseHistory(serializeHistory([line('a'), line('b', { state: 'speaking' })], 0), 0);
    expect(open.map(({ text }) => text)).toEqual(['a']);
    const many = Array.from({ length: MAX_LINES + 7 }, (_, i) => line(`line ${i}`));
    const back = parseHistory(serializeHistory(many, 0), 0);
    expect(back).toHaveLength(MAX_LINES);
    expect(back.at(-1)?.text).toBe(`line ${MAX_LINES + 6}`);
  });

  it.each([null, '', 'nonsense', '{}', '7', 'null'])('is empty where %j was kept', (stored) => {
    expect(parseHistory(stored, 0)).toEqual([]);
  });

  it('loses a damaged line and no other', () => {
    const good = JSON.parse(serializeHistory([line('good')], 0))[0];
    const bad = [
      { ...good, kind: 'song' },
      { ...good, state: 'speaking' },
      { ...good, problem: { reason: 7 } },
      null,
      4,
    ];
    expect(parseHistory(JSON.stringify([...bad, good]), 0).map(({ text }) => text)).toEqual(['good']);
  });

  it('does not take a new line for one of an earlier page', () => {
    useStudio.setState({ lines: parseHistory(serializeHistory([line('hello')], 0), 0) });
    apply(addLine, { id: 1, kind: 'echo', text: 'hello' }, 10);
    apply(lineAccepted, 1, 1);
    expect(useStudio.getState().lines.map(({ id, turn }) => ({ id, turn }))).toEqual([
      { id: -1, turn: null },
      { id: 1, turn: 1 },
    ]);
  });

  it('is cleared but for what goes on, and comes back when asked', () => {
    useStudio.setState({ lines: [line('over'), line('sounds', { id: 2, state: 'speaking' })] });
    clearHistory();
    expect(useStudio.getState().lines.map(({ text }) => text)).toEqual(['sounds']);
    const { message } = notificationsStore.getState().notifications[0] ?? {};
    if (!isValidElement<{ onAction(): void }>(message)) throw new Error('the message offers nothing');
    message.props.onAction();
    expect(useStudio.getState().lines.map(({ text }) => text)).toEqual(['over', 'sounds']);
  });
});

describe('search', () => {
  const lines = [line('Good morning'), line('Who are you?', { kind: 'chat', answer: 'I am Ada, good to see you.' })];

  it.each([
    ['', 2],
    ['  ', 2],
    ['good', 2],
    ['GOOD ada', 1],
    ['good evening', 0],
  ])('%j finds %i', (query, count) => {
    expect(searchLines(lines, query)).toHaveLength(count);
  });
});
