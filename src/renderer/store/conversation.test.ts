import { describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../shared/protocol';
import { applyEvent, clearCaption, lineOfError, settle } from './events';
import {
  abandonLines,
  addLine,
  interruptLines,
  isOpen,
  isThinking,
  lineAccepted,
  lineFailed,
  MAX_LINES,
} from './lines';
import type { Line, StudioState } from './state';
import { initialState } from './studio';

type Step = (state: StudioState) => Partial<StudioState>;
const having = (...steps: Step[]): StudioState => then(initialState, ...steps);
const then = (from: StudioState, ...steps: Step[]): StudioState => {
  let state = from;
  for (const step of steps) state = { ...state, ...step(state) };
  return state;
};

const ask =
  (id: number, text: string, kind: Line['kind'] = 'echo', atMs = 0): Step =>
  (s) =>
    addLine(s, { id, kind, text }, atMs);
/** The reply of /human; without a turn that of a server which does not number them. */
const reply =
  (id: number, turn?: number): Step =>
  (s) =>
    lineAccepted(s, id, turn);
const event =
  (e: SessionEvent, atMs = 0): Step =>
  (s) =>
    applyEvent(s, e, atMs);
const begin = (turn: number, text: string, kind: Line['kind'] = 'echo') => event({ status: 'turn', turn, kind, text });
const answer = (turn: number, delta: string, done?: true) =>
  event({ status: 'answer', turn, delta, ...(done && { done }) });
const start = (turn: number, text: string, atMs = 0) => event({ status: 'start', turn, text }, atMs);
const end = (turn: number, over: object = {}) => event({ status: 'end', turn, text: '', ...over });
const error = (over: Partial<Extract<SessionEvent, { status: 'error' }>>) =>
  event({ status: 'error', part: 'voice', message: 'No voice.', ...over });

const states = (s: StudioState) => s.lines.map((l) => l.state);
const sounding = (line: Line | undefined) => {
  const words = line?.kind === 'chat' ? line.answer : line?.text;
  return line?.sounding ? words?.slice(line.sounding.from, line.sounding.to) : null;
};

describe('a text to say', () => {
  it('goes from sending through speaking to said', () => {
    const asked = having(ask(1, 'Hello.', 'echo', 100), reply(1, 7));
    expect(states(asked)).toEqual(['queued']);
    const speaking = then(asked, begin(7, 'Hello.'), start(7, 'Hello.', 420));
    expect(states(speaking)).toEqual(['speaking']);
    expect(speaking).toMatchObject({ speakingTurn: 7, caption: { text: 'Hello.' }, latencyMs: 320 });
    expect(sounding(speaking.lines[0])).toBe('Hello.');
    const said = then(speaking, end(7));
    expect(states(said)).toEqual(['said']);
    expect(said.speakingTurn).toBeNull();
  });

  it('accepts events that overtake the reply', () => {
    const s = having(ask(1, 'Hello.'), begin(7, 'Hello.'), start(7, 'Hello.'), reply(1, 7));
    expect(s.lines).toMatchObject([{ id: 1, turn: 7, state: 'speaking', own: true }]);
  });

  it('stays one line that speaks while its sentences follow each other', () => {
    const s = having(ask(1, 'A 1. B 2.'), reply(1, 1), ask(2, 'C.'), reply(2, 2), start(1, 'A 1.'), end(1));
    expect(states(s)).toEqual(['speaking', 'queued']);
    expect(s.speakingTurn).toBe(1);
    const second = then(s, start(1, 'B 2.'));
    expect(second.caption?.text).toBe('B 2.');
    expect(sounding(second.lines[0])).toBe('B 2.');
    expect(states(then(second, end(1), start(2, 'C.')))).toEqual(['said', 'speaking']);
  });

  it('marks the second of two equal sentences when that is heard', () => {
    const s = having(ask(1, 'No. No.'), reply(1, 1), start(1, 'No.'), end(1), start(1, 'No.'));
    expect(s.lines[0]?.sounding).toEqual({ from: 4, to: 7 });
  });

  it('is over after a while when the sentence that should follow never comes', () => {
    const s = having(ask(1, 'A. B.'), reply(1, 1), start(1, 'A.'), end(1));
    expect(settle(s, 1, 1)).toMatchObject({ lines: [{ state: 'said' }], speakingTurn: null });
    expect(settle(then(s, start(1, 'B.')), 1, 1)).toEqual({});
  });

  it('counts latency only where nothing else was waiting', () => {
    const s = having(ask(1, 'A.'), reply(1, 1), ask(2, 'B.'), reply(2, 2), start(1, 'A.', 300), end(1));
    expect(then(s, start(2, 'B.', 9_000)).latencyMs).toBe(300);
  });

  it('is matched in order by a server that numbers no replies', () => {
    const s = having(ask(1, 'A.'), reply(1), ask(2, 'B.'), reply(2), start(4, 'A.'), end(4), start(5, 'B.'));
    expect(s.lines).toMatchObject([
      { id: 1, turn: 4, state: 'said' },
      { id: 2, turn: 5, state: 'speaking' },
    ]);
  });

  it('replaces the refusal of the same text when it is tried again', () => {
    const refused = having(ask(1, 'A.', 'chat'), (s) => lineFailed(s, 1, 'No model.'));
    expect(refused.lines).toMatchObject([{ state: 'failed', problem: { reason: 'No model.', remedy: null } }]);
    expect(then(refused, ask(2, 'A.')).lines).toMatchObject([{ id: 2, state: 'sending' }]);
    expect(then(refused, ask(2, 'B.')).lines).toHaveLength(2);
  });
});

describe('a question', () => {
  const asked = having(ask(1, 'Who are you?', 'chat'), reply(1, 3), begin(3, 'Who are you?', 'chat'));

  it('is thought about, answered piece by piece, and said sentence by sentence', () => {
    expect(states(asked)).toEqual(['thinking']);
    expect(asked.lines.some(isThinking)).toBe(true);
    const first = then(asked, answer(3, 'I am '), answer(3, 'Ada. I'));
    expect(first.lines).toMatchObject([{ state: 'answering', answer: 'I am Ada. I', text: 'Who are you?' }]);
    const speaking = then(first, start(3, 'I am Ada.'));
    expect(states(speaking)).toEqual(['speaking']);
    expect(sounding(speaking.lines[0])).toBe('I am Ada.');
    const gap = then(speaking, answer(3, ' read'), end(3));
    expect(gap.lines).toMatchObject([{ state: 'speaking', saidTo: 9 }]);
    expect(sounding(gap.lines[0])).toBe('I am Ada.');
    const last = then(gap, answer(3, ' news.'), answer(3, '', true), start(3, 'I read news.'));
    expect(sounding(last.lines[0])).toBe('I read news.');
    const over = then(last, end(3));
    expect(over.lines).toMatchObject([{ state: 'said', answer: 'I am Ada. I read news.' }]);
    expect(over.speakingTurn).toBeNull();
  });

  it('finds spoken sentences in an answer with line breaks and marks', () => {
    const s = then(asked, answer(3, '**Ada**,\n  a “reader”!\n\nHello.'), start(3, 'Ada, a "reader"!'));
    expect(sounding(s.lines[0])).toBe('Ada**,\n  a “reader”!');
  });

  it('is not held for said while the model has not finished', () => {
    const s = then(asked, answer(3, 'Yes.'), start(3, 'Yes.'), end(3));
    expect(states(s)).toEqual(['speaking']);
    const waiting = then(s, (x) => settle(x, 3, 1));
    expect(states(waiting)).toEqual(['answering']);
    expect(waiting.speakingTurn).toBeNull();
    expect(states(then(waiting, answer(3, '', true)))).toEqual(['said']);
  });

  it('is over when the answer has nothing to say', () => {
    expect(states(then(asked, answer(3, '', true)))).toEqual(['said']);
    expect(states(then(asked, answer(3, '👍', true)))).toEqual(['said']);
  });

  it('keeps what was answered before an interrupt, and takes no more', () => {
    const s = then(
      asked,
      answer(3, 'One. Two. Three.'),
      start(3, 'One.'),
      end(3),
      start(3, 'Two.'),
      end(3, { interrupted: true, playedMs: 900 }),
      event({ status: 'interrupted', turn: 3, playedMs: 900 }),
      answer(3, ' Four.'),
      answer(3, '', true),
    );
    expect(s.lines).toMatchObject([{ state: 'interrupted', answer: 'One. Two. Three.', saidTo: 4, sounding: null }]);
    expect(s).toMatchObject({ speakingTurn: null, caption: null });
  });

  it('may be interrupted before the first word', () => {
    const s = then(asked, event({ status: 'interrupted', turn: 3, playedMs: 0 }));
    expect(s.lines).toMatchObject([{ state: 'interrupted', answer: '' }]);
  });
});

describe('turns and lines', () => {
  it('keep two queued turns apart, whichever reply comes first', () => {
    const both = [ask(1, 'A?', 'chat'), ask(2, 'B?', 'chat')];
    const events = [begin(1, 'A?', 'chat'), answer(1, 'a', true), begin(2, 'B?', 'chat'), answer(2, 'b', true)];
    for (const order of [
      [...both, reply(1, 1), reply(2, 2), ...events],
      [...both, reply(2, 2), ...events, reply(1, 1)],
      [...both, ...events, reply(2, 2), reply(1, 1)],
    ]) {
      expect(having(...order).lines).toMatchObject([
        { id: 1, turn: 1, answer: 'a' },
        { id: 2, turn: 2, answer: 'b' },
      ]);
    }
  });

  it('set a wrong guess right when the reply tells', () => {
    // Another program said the same words a moment earlier: its events are taken for ours at first.
    const s = having(ask(1, 'Hi.'), begin(4, 'Hi.'), start(4, 'Hi.'), begin(5, 'Hi.'), reply(1, 5));
    expect(s.lines).toHaveLength(2);
    expect(s.lines).toMatchObject([
      { own: true, turn: 5, state: 'queued' },
      { own: false, turn: 4, state: 'speaking' },
    ]);
    const late = having(ask(1, 'Hi.'), begin(4, 'Hi.'), reply(1, 5));
    expect(late.lines).toMatchObject([
      { id: 1, own: true, turn: 5, state: 'queued' },
      { own: false, turn: 4, text: 'Hi.' },
    ]);
  });

  it('take over the line that stood in for one of our own', () => {
    const s = having(answer(5, 'Ye'), ask(1, 'Really?', 'chat'), reply(1, 5), answer(5, 's.'));
    expect(s.lines).toMatchObject([{ id: 1, own: true, turn: 5, answer: 'Yes.', text: 'Really?' }]);
  });

  it('show what other programs ask and say through the session', () => {
    const s = having(begin(3, 'What time is it?', 'chat'), answer(3, 'Noon.'), start(3, 'Noon.'));
    expect(s.lines).toMatchObject([
      { own: false, kind: 'chat', text: 'What time is it?', answer: 'Noon.', state: 'speaking' },
    ]);
    expect(s.latencyMs).toBeNull();
    expect(having(start(3, 'From elsewhere.')).lines).toMatchObject([{ text: 'From elsewhere.', kind: 'echo' }]);
    const joined = having(start(3, 'From elsewhere.'), end(3), start(3, 'And more.'));
    expect(joined.lines).toMatchObject([{ text: 'From elsewhere. And more.', sentences: 2 }]);
    const foreign = having(begin(1, 'a'), begin(2, 'b')).lines.map((line) => line.id);
    expect(new Set(foreign).size).toBe(2);
    expect(foreign.every((id) => id < 0)).toBe(true);
  });

  it('leave our waiting line alone while a foreign turn passes', () => {
    const s = having(ask(1, 'Ours.'), begin(1, 'Theirs.'), start(1, 'Theirs.'), reply(1, 2));
    expect(s.lines).toMatchObject([
      { id: 1, turn: 2, state: 'queued' },
      { own: false, turn: 1, state: 'speaking' },
    ]);
  });

  it('end what came before when a later turn is heard', () => {
    const s = having(ask(1, 'A?', 'chat'), reply(1, 1), begin(1, 'A?', 'chat'), ask(2, 'B.'), reply(2, 2));
    expect(states(then(s, start(2, 'B.')))).toEqual(['said', 'speaking']);
  });

  it('forget the numbers of a session that is gone: the next one counts from 1 again', () => {
    const s = having(ask(1, 'A.'), reply(1, 1), start(1, 'A.'), end(1), abandonLines, ask(2, 'B.'), reply(2, 1));
    expect(states(then(s, start(1, 'B.')))).toEqual(['said', 'speaking']);
  });

  it('give up only what was asked before the interrupt', () => {
    const s = having(ask(1, 'A.'), reply(1, 1), start(1, 'A.'), ask(2, 'B.'));
    const after = then(s, ask(3, 'C.'), (x) => interruptLines(x, [1, 2]));
    expect(states(after)).toEqual(['interrupted', 'interrupted', 'sending']);
    expect(after.speakingTurn).toBeNull();
  });

  it('stay silent when a sentence was on its way as the interrupt was answered', () => {
    const s = having(
      ask(1, 'A. B.'),
      reply(1, 1),
      start(1, 'A.'),
      end(1),
      (x) => interruptLines(x, [1]),
      start(1, 'B.'),
    );
    expect(s).toMatchObject({ speakingTurn: null, caption: null, lines: [{ state: 'interrupted', sounding: null }] });
  });

  it('end once when interrupted, whichever event comes first', () => {
    for (const events of [
      [event({ status: 'interrupted', turn: 1, playedMs: 40 }), end(1, { interrupted: true })],
      [end(1, { interrupted: true }), event({ status: 'interrupted', turn: 1, playedMs: 40 })],
    ]) {
      const s = having(ask(1, 'A.'), reply(1, 1), start(1, 'A.'), ...events);
      expect(states(s)).toEqual(['interrupted']);
      expect(s).toMatchObject({ caption: null, speakingTurn: null });
    }
  });

  it('name the file when audio plays', () => {
    const s = having(ask(1, 'talk.wav', 'audio'), begin(1, 'talk.wav', 'audio'), start(1, 'talk.wav'), reply(1));
    expect(s.caption).toEqual({ text: 'talk.wav', audio: true });
    expect(s.lines).toMatchObject([{ id: 1, state: 'speaking', sounding: null }]);
    expect(states(then(s, end(1)))).toEqual(['said']);
  });

  it('are bounded', () => {
    const many = having(...Array.from({ length: MAX_LINES + 5 }, (_, i) => ask(i, `${i}`)));
    expect(many.lines).toHaveLength(MAX_LINES);
    expect(many.lines.at(-1)?.text).toBe(`${MAX_LINES + 4}`);
  });
});

describe('errors', () => {
  const chatting = having(ask(1, 'A?', 'chat'), reply(1, 1), begin(1, 'A?', 'chat'), ask(2, 'B.'), reply(2, 2));
  const refused = {
    part: 'llm',
    message: 'The key was refused. Set DASHSCOPE_API_KEY.',
    reason: 'The key was refused.',
    remedy: 'Set DASHSCOPE_API_KEY.',
  };

  it('stand on the line of their turn, with reason and remedy', () => {
    const s = then(chatting, error({ ...refused, turn: 1 }));
    expect(s.lines).toMatchObject([
      { state: 'failed', problem: { reason: refused.reason, remedy: refused.remedy } },
      { state: 'queued', problem: null },
    ]);
    expect(then(chatting, error({ ...refused, turn: 2 })).lines[1]).toMatchObject({ state: 'failed' });
  });

  it('without a turn stand on the line that is being worked on', () => {
    const s = then(chatting, error({}));
    expect(s.lines[0]).toMatchObject({ state: 'failed', problem: { reason: 'No voice.', remedy: null } });
    expect(then(chatting, start(2, 'B.'), error({})).lines[1]?.problem).not.toBeNull();
  });

  it('of no line are told elsewhere', () => {
    for (const e of [
      { part: 'encoder', message: 'x' },
      { part: 'voice', message: 'x', turn: 9 },
    ]) {
      expect(lineOfError(chatting, { status: 'error', ...e })).toBeUndefined();
      expect(states(then(chatting, event({ status: 'error', ...e })))).toEqual(states(chatting));
    }
    expect(lineOfError(initialState, { status: 'error', part: 'voice', message: 'x' })).toBeUndefined();
  });

  it('of a voice with a stand-in do not fail the line', () => {
    const s = then(
      chatting,
      answer(1, 'Yes.', true),
      error({ turn: 1, engine: 'edgetts', reason: 'no route', fallback: 'espeak' }),
      start(1, 'Yes.'),
    );
    expect(s.lines[0]).toMatchObject({
      state: 'speaking',
      problem: null,
      note: { engine: 'edgetts', instead: 'espeak', reason: 'no route' },
    });
    expect(states(then(s, end(1)))[0]).toBe('said');
  });

  it('in the middle of an answer keep its words, and the sentence that sounds is heard to its end', () => {
    const s = then(chatting, answer(1, 'One. Tw'), start(1, 'One.'), error({ ...refused, turn: 1 }));
    expect(s.lines[0]).toMatchObject({ state: 'speaking', answer: 'One. Tw' });
    const over = then(s, end(1), answer(1, '', true), (x) => settle(x, 1, 1));
    expect(over.lines[0]).toMatchObject({ state: 'failed', answer: 'One. Tw', problem: { reason: refused.reason } });
    expect(over.speakingTurn).toBeNull();
  });

  it('between two sentences show at once', () => {
    const s = then(chatting, answer(1, 'One. Tw'), start(1, 'One.'), end(1), error({ ...refused, turn: 1 }));
    expect(s).toMatchObject({ lines: [{ state: 'failed', sounding: null }, {}], speakingTurn: null });
  });

  it('of one sentence leave the rest of the turn its state, and show at its end', () => {
    const s = having(ask(1, 'A. B.'), reply(1, 1), error({ turn: 1 }), start(1, 'B.'));
    expect(states(s)).toEqual(['speaking']);
    expect(states(then(s, end(1)))).toEqual(['failed']);
  });

  it('after an interrupt say nothing', () => {
    const s = then(chatting, event({ status: 'interrupted', turn: 1, playedMs: 0 }), error({ turn: 1 }));
    expect(s.lines[0]).toMatchObject({ state: 'interrupted', problem: null });
  });
});

describe('captions', () => {
  it('are cleared unless the next sentence has replaced them', () => {
    const s = having(ask(1, 'A. B.'), reply(1, 1), start(1, 'A.'), end(1));
    expect(clearCaption(s, s.caption)).toEqual({ caption: null });
    expect(clearCaption(then(s, start(1, 'B.')), s.caption)).toEqual({});
  });
});

describe('the session', () => {
  it('tells mode, voice and latency', () => {
    const s = having(
      event({ status: 'mode', audiotype: 1 }),
      event({ status: 'voice', engine: 'espeak', instead: 'edgetts' }),
      event({ status: 'latency', turn: 1, firstTokenMs: 210, firstSoundSentMs: 640 }),
    );
    expect(s).toMatchObject({
      audiotype: 1,
      voice: { engine: 'espeak', instead: 'edgetts' },
      latency: { firstTokenMs: 210, firstSoundSentMs: 640 },
    });
    expect(having(event({ status: 'voice', engine: 'espeak' })).voice).toEqual({ engine: 'espeak', instead: null });
  });

  it('measures a turn once it is over, and how fast it fell silent', () => {
    const s = having(ask(1, 'A. B.'), reply(1, 1), start(1, 'A.'), end(1));
    const over = then(s, event({ status: 'latency', turn: 1, firstSoundSentMs: 640 }));
    expect(over).toMatchObject({ lines: [{ state: 'said' }], speakingTurn: null });
    const silent = then(over, event({ status: 'latency', turn: 1, interruptToSilenceMs: 40 }));
    expect(silent.latency).toEqual({ firstSoundSentMs: 640, interruptToSilenceMs: 40 });
  });

  it('gives everything up when it closes', () => {
    const s = having(ask(1, 'A.'), event({ status: 'closed', reason: 'bye' }));
    expect(states(s)).toEqual(['interrupted']);
    expect(s.lines.some(isOpen)).toBe(false);
  });
});
