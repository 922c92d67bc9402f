import { describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../shared/protocol';
import { nextTheme, parsePreferences } from './preferences';
import {
  abandonLines,
  addLine,
  addToast,
  applyEvent,
  clearCaption,
  dropToast,
  isOpen,
  lineAccepted,
  lineFailed,
  MAX_LINES,
  MAX_TOASTS,
} from './reducers';
import type { StudioState } from './state';
import { initialState } from './studio';

type Step = (state: StudioState) => Partial<StudioState>;
const having = (...steps: Step[]): StudioState => {
  let state = initialState;
  for (const step of steps) state = { ...state, ...step(state) };
  return state;
};

const ask =
  (id: number, text: string, atMs = 0): Step =>
  (s) =>
    addLine(s, { id, kind: 'text', text }, atMs);
const accept =
  (id: number): Step =>
  (s) =>
    lineAccepted(s, id);
const event =
  (e: SessionEvent, atMs = 0): Step =>
  (s) =>
    applyEvent(s, e, atMs);
const start = (turn: number, text: string, atMs = 0) => event({ status: 'start', turn, text }, atMs);
const end = (turn: number, over: object = {}) => event({ status: 'end', turn, text: '', ...over });
const states = (s: StudioState) => s.lines.map((l) => l.state);

describe('lines', () => {
  it('go from sending through speaking to said', () => {
    const asked = having(ask(1, 'Hello.', 100), accept(1));
    expect(states(asked)).toEqual(['queued']);
    const speaking = having(ask(1, 'Hello.', 100), accept(1), start(7, 'Hello.', 420));
    expect(states(speaking)).toEqual(['speaking']);
    expect(speaking).toMatchObject({ speakingTurn: 7, caption: { text: 'Hello.' }, latencyMs: 320 });
    const said = having(ask(1, 'Hello.'), accept(1), start(7, 'Hello.'), end(7));
    expect(states(said)).toEqual(['said']);
    expect(said.speakingTurn).toBeNull();
    expect(said.caption).not.toBeNull();
    expect(clearCaption(said)).toEqual({ caption: null });
  });

  it('accept a start event that overtakes the reply', () => {
    const s = having(ask(1, 'Hello.'), start(7, 'Hello.'), accept(1));
    expect(states(s)).toEqual(['speaking']);
  });

  it('are matched to turns in order, and a turn of several sentences stays one line', () => {
    const s = having(ask(1, 'A. B.'), accept(1), ask(2, 'C.'), accept(2), start(1, 'A.'), end(1), start(1, 'B.'));
    expect(states(s)).toEqual(['speaking', 'queued']);
    expect(s.caption?.text).toBe('B.');
    const next = having(() => s, end(1), start(2, 'C.'));
    expect(states(next)).toEqual(['said', 'speaking']);
  });

  it('count latency only where nothing else was waiting', () => {
    const s = having(ask(1, 'A.', 0), accept(1), ask(2, 'B.', 10), start(1, 'A.', 300), end(1), start(2, 'B.', 9_000));
    expect(s.latencyMs).toBe(300);
  });

  it('show what other programs say through the session', () => {
    const s = having(start(3, 'From elsewhere.', 5));
    expect(s.lines).toMatchObject([{ text: 'From elsewhere.', state: 'speaking', turn: 3 }]);
    expect(s.latencyMs).toBeNull();
  });

  it('name the file when audio plays', () => {
    const s = having((x) => addLine(x, { id: 1, kind: 'audio', text: 'talk.wav' }, 0), accept(1), start(1, ''));
    expect(s.caption).toEqual({ text: 'talk.wav', kind: 'audio' });
  });

  it('end once when interrupted, whichever event comes first', () => {
    for (const events of [
      [event({ status: 'interrupted', turn: 1, playedMs: 40 }), end(1, { interrupted: true })],
      [end(1, { interrupted: true }), event({ status: 'interrupted', turn: 1, playedMs: 40 })],
    ]) {
      const s = having(ask(1, 'A.'), accept(1), start(1, 'A.'), ...events);
      expect(states(s)).toEqual(['interrupted']);
      expect(s.caption).toBeNull();
      expect(s.speakingTurn).toBeNull();
    }
  });

  it('are all given up when everything stops', () => {
    const s = having(ask(1, 'A.'), accept(1), start(1, 'A.'), ask(2, 'B.'), abandonLines);
    expect(states(s)).toEqual(['interrupted', 'interrupted']);
    expect(s.lines.some(isOpen)).toBe(false);
  });

  it('keep the reason of a failure', () => {
    const s = having(ask(1, 'A.'), accept(1), event({ status: 'error', part: 'tts', message: 'No voice.' }), end(1));
    expect(s.lines).toMatchObject([{ state: 'failed', problem: 'No voice.' }]);
    expect(having(ask(1, 'A.'), (x) => lineFailed(x, 1, 'why')).lines[0]?.problem).toBe('why');
  });

  it('are bounded', () => {
    const many = having(...Array.from({ length: MAX_LINES + 5 }, (_, i) => ask(i, `${i}`)));
    expect(many.lines).toHaveLength(MAX_LINES);
    expect(many.lines.at(-1)?.text).toBe(`${MAX_LINES + 4}`);
  });
});

describe('captions', () => {
  it('are not cleared while the next sentence speaks', () => {
    expect(clearCaption(having(start(1, 'A.'), end(1), start(1, 'B.')))).toEqual({});
  });
});

describe('mode and closing', () => {
  it('follow the server', () => {
    expect(having(event({ status: 'mode', audiotype: 1 })).audiotype).toBe(1);
    expect(states(having(ask(1, 'A.'), event({ status: 'closed', reason: 'bye' })))).toEqual(['interrupted']);
  });
});

describe('toasts', () => {
  const toast =
    (id: number, detailText: string): Step =>
    (s) =>
      addToast(s, { id, tone: 'bad', title: 'error.say', detailText });

  it('replace their like, are bounded and can be dismissed', () => {
    expect(having(toast(1, 'a'), toast(2, 'a')).toasts.map((t) => t.id)).toEqual([2]);
    const many = having(...Array.from({ length: 9 }, (_, i) => toast(i, `${i}`)));
    expect(many.toasts).toHaveLength(MAX_TOASTS);
    expect(dropToast(many, 8).toasts?.map((t) => t.id)).not.toContain(8);
  });
});

describe('preferences', () => {
  it('survive damage field by field', () => {
    expect(parsePreferences('{"language":"zh","theme":"pink","figuresOpen":false}', ['en'])).toEqual({
      language: 'zh',
      theme: 'auto',
      figuresOpen: false,
    });
    for (const bad of [null, '', '{', '7', '[]', 'null']) {
      expect(parsePreferences(bad, ['zh-CN'])).toEqual({ language: 'zh', theme: 'auto', figuresOpen: true });
    }
  });

  it('cycle themes', () => {
    expect([nextTheme('auto'), nextTheme('light'), nextTheme('dark')]).toEqual(['light', 'dark', 'auto']);
  });
});
