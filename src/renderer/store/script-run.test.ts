import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../shared/protocol';
import { type Effect, IDLE, type Input, isRunning, type RunLine, type ScriptRun, step } from './script-run';

const line = (id: number, more: Partial<RunLine> = {}): RunLine => ({ id, speakable: true, ...more });
const LINES = [line(1), line(2), line(3)];

/** Drives the machine, and keeps what it asked for. */
function stage(lines: readonly RunLine[] = LINES) {
  const all: Effect[] = [];
  const self = {
    run: IDLE as ScriptRun,
    lines,
    all,
    send(input: Input): Effect[] {
      const { run, effects } = step(self.run, input, self.lines);
      self.run = run;
      all.push(...effects);
      return effects;
    },
    event: (event: SessionEvent) => self.send({ type: 'event', event }),
    turn: (turn: number) => self.event({ status: 'turn', turn, kind: 'echo', text: '' }),
    start: (turn: number) => self.event({ status: 'start', turn, text: '' }),
    over: (turn: number) => self.event({ status: 'latency', turn, firstSoundSentMs: 1 }),
    accept: (ticket: number, turn: number | null) => self.send({ type: 'accepted', ticket, turn }),
    says: () => all.flatMap((e) => (e.type === 'say' ? [e.lineId] : [])),
  };
  return self;
}

describe('speaking a script', () => {
  it('hands the next line over as the present one begins to sound, and not before', () => {
    const s = stage();
    expect(s.send({ type: 'speak', lineId: 1, goesOn: true })).toEqual([
      { type: 'say', ticket: 1, lineId: 1, interrupt: false },
    ]);
    expect(s.accept(1, 7)).toEqual([]);
    expect(s.turn(7)).toEqual([]);
    expect(s.start(7)).toEqual([{ type: 'say', ticket: 2, lineId: 2, interrupt: false }]);
    s.accept(2, 8);
    // A second sentence of the same line hands over nothing more.
    expect(s.start(7)).toEqual([]);
    expect(s.over(7)).toEqual([]);
    expect(s.run.marks).toEqual({ 1: 'said' });
    s.start(8);
    s.accept(3, 9);
    expect(s.run.at).toBe(2);
    s.over(8);
    s.start(9);
    s.over(9);
    expect(s.says()).toEqual([1, 2, 3]);
    expect(s.run.marks).toEqual({ 1: 'said', 2: 'said', 3: 'said' });
    expect(isRunning(s.run)).toBe(false);
    expect(s.run.at).toBe(3);
  });

  it('speaks one line and stays there; next and repeat go from where it stands', () => {
    const s = stage();
    s.send({ type: 'speak', lineId: 2, goesOn: false });
    s.accept(1, 1);
    expect(s.start(1)).toEqual([]);
    s.over(1);
    expect(isRunning(s.run)).toBe(false);
    expect(s.send({ type: 'repeat' })).toMatchObject([{ lineId: 2, interrupt: false }]);
    expect(s.run.marks).toEqual({});
    expect(s.send({ type: 'next' })).toMatchObject([{ lineId: 3, interrupt: true }]);
    s.accept(3, 3);
    s.start(3);
    s.over(3);
    expect(s.send({ type: 'next' })).toEqual([]);
  });

  it('begins at the first line where nothing was begun, and passes by what nobody can say', () => {
    const s = stage([line(1, { speakable: false }), line(2), line(3, { speakable: false }), line(4)]);
    expect(s.send({ type: 'next' })).toMatchObject([{ lineId: 2 }]);
    s.accept(1, 1);
    expect(s.send({ type: 'speak', lineId: 1, goesOn: true })).toMatchObject([{ lineId: 2, interrupt: true }]);
    s.accept(2, 2);
    expect(s.start(2)).toMatchObject([{ lineId: 4 }]);
  });

  it('takes events that come before the reply of their request', () => {
    const s = stage();
    s.send({ type: 'speak', lineId: 1, goesOn: true });
    s.turn(5);
    s.start(5);
    expect(s.accept(1, 5)).toMatchObject([{ type: 'say', lineId: 2 }]);
    s.over(5);
    s.start(6);
    s.over(6);
    expect(s.accept(2, 6)).toMatchObject([{ type: 'say', lineId: 3 }]);
    expect(s.run.marks).toEqual({ 1: 'said', 2: 'said' });
  });

  it('keeps a pause between two lines, and what changes the picture waits for the line before it', () => {
    const s = stage([line(1, { pauseMs: 700 }), line(2), line(3, { changesMode: true })]);
    s.send({ type: 'speak', lineId: 1, goesOn: true });
    s.accept(1, 1);
    expect(s.start(1)).toEqual([]);
    expect(s.over(1)).toEqual([{ type: 'wait', ticket: 2, durationMs: 700 }]);
    expect(isRunning(s.run)).toBe(true);
    expect(s.send({ type: 'waited', ticket: 2 })).toMatchObject([{ type: 'say', lineId: 2 }]);
    s.accept(3, 2);
    expect(s.start(2)).toEqual([]);
    expect(s.over(2)).toMatchObject([{ type: 'say', lineId: 3 }]);
  });

  it('stops where it is at an interrupt of anybody, and at a stop in the middle of a pause', () => {
    const s = stage();
    s.send({ type: 'speak', lineId: 1, goesOn: true });
    s.accept(1, 1);
    s.start(1);
    s.accept(2, 2);
    s.event({ status: 'interrupted', turn: 1, playedMs: 300 });
    s.event({ status: 'interrupted', turn: 2, playedMs: 0 });
    expect([isRunning(s.run), s.run.at, s.run.halt]).toEqual([false, 1, null]);

    const p = stage([line(1, { pauseMs: 500 }), line(2)]);
    p.send({ type: 'speak', lineId: 1, goesOn: true });
    p.accept(1, 1);
    p.start(1);
    p.over(1);
    expect(p.send({ type: 'stop' })).toEqual([]);
    expect(p.send({ type: 'waited', ticket: 2 })).toEqual([]);
    expect(p.says()).toEqual([1]);
  });

  it('says where it stood when the session is lost, and goes on from there when it is told to', () => {
    const s = stage();
    s.send({ type: 'speak', lineId: 1, goesOn: true });
    s.accept(1, 1);
    s.start(1);
    s.accept(2, 2);
    s.over(1);
    s.start(2);
    s.send({ type: 'lost' });
    expect(s.run.halt).toEqual({ reason: 'lost', lineId: 2, detail: '' });
    // A new session counts from 1 again: what comes from it is not taken for the old one's.
    s.start(1);
    expect(s.says()).toEqual([1, 2, 3]);
    expect(s.send({ type: 'speak', lineId: 2, goesOn: true })).toMatchObject([{ lineId: 2, interrupt: false }]);
    expect(s.run.halt).toBeNull();
  });

  it('halts at a line that could not be said, and at one that the server refused', () => {
    const s = stage();
    s.send({ type: 'speak', lineId: 1, goesOn: true });
    s.accept(1, 1);
    s.event({ status: 'error', part: 'voice', message: 'no voice', reason: 'the key is wrong', turn: 1 });
    s.send({ type: 'silent' });
    expect(s.run.halt).toEqual({ reason: 'failed', lineId: 1, detail: 'the key is wrong' });
    expect(s.run.marks).toEqual({ 1: 'failed' });

    s.send({ type: 'speak', lineId: 2, goesOn: true });
    s.send({ type: 'refused', ticket: 2, detail: 'too many wait' });
    expect([isRunning(s.run), s.run.halt?.reason, s.run.at]).toEqual([false, 'refused', 2]);
  });

  it('goes on behind a line of which only a part was missed, and behind one whose last events were lost', () => {
    const s = stage();
    s.send({ type: 'speak', lineId: 1, goesOn: true });
    s.accept(1, 1);
    s.start(1);
    s.event({ status: 'error', part: 'voice', message: 'one sentence was missed', turn: 1 });
    s.accept(2, 2);
    s.turn(2);
    expect(s.run.marks).toEqual({ 1: 'failed' });
    expect(isRunning(s.run)).toBe(true);
    s.start(2);
    s.accept(3, null);
    s.send({ type: 'silent' });
    expect(s.run.marks).toEqual({ 1: 'failed', 2: 'said', 3: 'said' });
    expect(isRunning(s.run)).toBe(false);
  });

  it('keeps its place when lines are moved or taken out', () => {
    const s = stage();
    s.send({ type: 'speak', lineId: 2, goesOn: false });
    s.accept(1, 1);
    s.start(1);
    s.over(1);
    s.lines = [line(3), line(1)];
    s.send({ type: 'removed', lineId: 2, before: 3 });
    expect(s.send({ type: 'next' })).toMatchObject([{ lineId: 1 }]);
  });
});

const ids = fc.integer({ min: 1, max: 4 });
const turns = fc.integer({ min: 1, max: 6 });
const anyEvent: fc.Arbitrary<SessionEvent> = fc.oneof(
  turns.map((turn): SessionEvent => ({ status: 'turn', turn, kind: 'echo', text: '' })),
  turns.map((turn): SessionEvent => ({ status: 'start', turn, text: '' })),
  turns.map((turn): SessionEvent => ({ status: 'end', turn, text: '' })),
  turns.map((turn): SessionEvent => ({ status: 'latency', turn, firstSoundSentMs: 1 })),
  turns.map((turn): SessionEvent => ({ status: 'interrupted', turn, playedMs: 0 })),
  turns.map((turn): SessionEvent => ({ status: 'error', part: 'voice', message: 'x', turn })),
);
const anyReply: fc.Arbitrary<Input> = fc.oneof(
  { weight: 4, arbitrary: anyEvent.map((event): Input => ({ type: 'event', event })) },
  fc.record({ type: fc.constant('accepted' as const), ticket: fc.integer({ min: 1, max: 8 }), turn: turns }),
  fc.record({ type: fc.constant('refused' as const), ticket: ids, detail: fc.constant('') }),
  fc.record({ type: fc.constant('waited' as const), ticket: ids }),
  fc.constant<Input>({ type: 'silent' }),
);
const anyInput: fc.Arbitrary<Input> = fc.oneof(
  { weight: 3, arbitrary: anyReply },
  fc.record({ type: fc.constant('speak' as const), lineId: ids, goesOn: fc.boolean() }),
  fc.constantFrom<Input>({ type: 'next' }, { type: 'repeat' }, { type: 'lost' }),
);
const anyLines = fc.uniqueArray(
  fc.record({
    id: ids,
    speakable: fc.boolean(),
    pauseMs: fc.constantFrom(undefined, 100),
    changesMode: fc.boolean(),
  }),
  { selector: (l) => l.id },
);

describe('whatever happens', () => {
  it('a stop ends it: nothing more is asked for, until somebody asks again', () => {
    fc.assert(
      fc.property(anyLines, fc.array(anyInput), fc.array(anyReply), (lines, before, after) => {
        const s = stage(lines);
        before.forEach(s.send);
        s.send({ type: 'stop' });
        expect(isRunning(s.run)).toBe(false);
        const asked = s.all.length;
        after.forEach(s.send);
        expect(isRunning(s.run)).toBe(false);
        expect(s.all.length).toBe(asked);
      }),
    );
  });

  it('at most one line waits behind the one that is spoken, and each request has a ticket of its own', () => {
    fc.assert(
      fc.property(anyLines, fc.array(anyInput), (lines, inputs) => {
        const s = stage(lines);
        for (const input of inputs) {
          s.send(input);
          expect(s.run.asked.length).toBeLessThanOrEqual(2);
          expect(s.run.early.length).toBeLessThanOrEqual(64);
        }
        const tickets = s.all.flatMap((e) => (e.type === 'interrupt' ? [] : [e.ticket]));
        expect(new Set(tickets).size).toBe(tickets.length);
      }),
    );
  });

  it('a server that performs what it is asked hears every line once, in order, from the first to the last', () => {
    fc.assert(
      fc.property(anyLines, (lines) => {
        const s = stage(lines);
        const wanted = lines.filter((l) => l.speakable).map((l) => l.id);
        if (wanted.length === 0) return;
        let done = 0;
        let turn = 0;
        s.send({ type: 'speak', lineId: lines[0]!.id, goesOn: true });
        while (done < s.all.length) {
          const effect = s.all[done++]!;
          if (effect.type === 'wait') s.send({ type: 'waited', ticket: effect.ticket });
          if (effect.type !== 'say') continue;
          s.accept(effect.ticket, ++turn);
          s.turn(turn);
          s.start(turn);
          s.over(turn);
        }
        expect(s.says()).toEqual(wanted);
        expect(isRunning(s.run)).toBe(false);
      }),
    );
  });
});
