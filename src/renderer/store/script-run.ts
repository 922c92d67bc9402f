import type { SessionEvent } from '../../shared/protocol';

/**
 * Speaks a script: what is asked of the server when, and which line stands where. A pure machine from inputs to states and
 * effects; it knows no clock: a line is over when the server's events say so. While a line sounds the next one is handed over
 * already, so that the server goes from one to the other by itself; never more than one, so that a stop drops no more than that.
 */

/** What the machine needs to know of a line. The list may change while it speaks; order is that of the moment. */
export interface RunLine {
  id: number;
  /** Silence after it. */
  pauseMs?: number | undefined;
  /** Changes what is shown; that must not happen while the line before it is spoken. */
  changesMode?: boolean | undefined;
  /** It has something that a voice would say. */
  speakable: boolean;
}

export interface Asked {
  lineId: number;
  /** Names the request until the server has named the turn. */
  ticket: number;
  turn: number | null;
  state: 'sending' | 'waiting' | 'sounding';
  problem: string | null;
}

export type Mark = 'said' | 'failed';

/** Why a run ended before its time. An interrupt needs no words: somebody wanted it. */
export interface Halt {
  reason: 'lost' | 'refused' | 'failed';
  lineId: number;
  /** In the server's words; '' where it had none. */
  detail: string;
}

export interface ScriptRun {
  /** Whether the line after the present one follows by itself. */
  goesOn: boolean;
  /** Handed to the server and not over: the one that is spoken and the one that follows. */
  asked: Asked[];
  /** A pause after a line goes on; its ticket. */
  pausing: number | null;
  /** Where the script stands: the line that was begun last. */
  at: number | null;
  marks: Readonly<Record<number, Mark>>;
  halt: Halt | null;
  /** Events of turns that the server has not named to us yet. */
  early: SessionEvent[];
  lastTicket: number;
}

export type Input =
  | { type: 'speak'; lineId: number; goesOn: boolean }
  | { type: 'next' }
  | { type: 'repeat' }
  | { type: 'stop' }
  | { type: 'accepted'; ticket: number; turn: number | null }
  | { type: 'refused'; ticket: number; detail: string }
  | { type: 'event'; event: SessionEvent }
  /** The server was asked after everything was handed over, and has nothing to say: an event was lost, or never came. */
  | { type: 'silent' }
  | { type: 'waited'; ticket: number }
  | { type: 'lost' }
  /** The line is taken out of the script; `before` is the one above it. Lines that were asked for stay. */
  | { type: 'removed'; lineId: number; before: number | null }
  | { type: 'reset' };

export type Effect =
  /** `interrupt`: what is being said is cut off by it. */
  | { type: 'say'; ticket: number; lineId: number; interrupt: boolean }
  | { type: 'interrupt' }
  | { type: 'wait'; ticket: number; durationMs: number };

export interface Step {
  run: ScriptRun;
  effects: Effect[];
}

export const IDLE: ScriptRun = {
  goesOn: false,
  asked: [],
  pausing: null,
  at: null,
  marks: {},
  halt: null,
  early: [],
  lastTicket: 0,
};

const MAX_EARLY = 64;

export const isRunning = (run: ScriptRun): boolean => run.asked.length > 0 || run.pausing !== null;

export function step(run: ScriptRun, input: Input, lines: readonly RunLine[]): Step {
  switch (input.type) {
    case 'speak':
      return begin(run, input.lineId, input.goesOn, lines);
    case 'next': {
      const next = lineAfter(lines, run.at);
      return next ? begin(run, next.id, isRunning(run) && run.goesOn, lines) : still(run);
    }
    case 'repeat': {
      const line = lines.find((l) => l.id === run.at) ?? lineAfter(lines, null);
      return line ? begin(run, line.id, isRunning(run) && run.goesOn, lines) : still(run);
    }
    case 'stop':
      return { run: ended(run), effects: run.asked.length > 0 ? [{ type: 'interrupt' }] : [] };
    case 'accepted':
      return accepted(run, input.ticket, input.turn, lines);
    case 'refused': {
      const refused = run.asked.find((a) => a.ticket === input.ticket);
      if (!refused) return still(run);
      const asked = run.asked.filter((a) => a !== refused);
      // What sounds is heard to its end, and no more follows.
      const halt: Halt = { reason: 'refused', lineId: refused.lineId, detail: input.detail };
      const marks: ScriptRun['marks'] = { ...run.marks, [refused.lineId]: 'failed' };
      return still({ ...run, asked, goesOn: false, halt, marks, at: refused.lineId });
    }
    case 'event':
      return heard(run, input.event, lines);
    case 'silent':
      return run.asked.some((a) => a.state === 'sending') ? still(run) : settle(run, run.asked.length, lines);
    case 'removed':
      return still(run.at === input.lineId ? { ...run, at: input.before } : run);
    case 'waited':
      return run.pausing === input.ticket ? follow({ ...run, pausing: null }, lines) : still(run);
    case 'lost':
      return still(isRunning(run) ? { ...ended(run), halt: { reason: 'lost', lineId: run.at ?? 0, detail: '' } } : run);
    case 'reset':
      return still(isRunning(run) ? run : { ...run, at: null, marks: {}, halt: null });
  }
}

const still = (run: ScriptRun): Step => ({ run, effects: [] });
const ended = (run: ScriptRun): ScriptRun => ({ ...run, goesOn: false, asked: [], pausing: null, early: [] });

/** Speaks this line now, whatever was being said. */
function begin(run: ScriptRun, lineId: number, goesOn: boolean, lines: readonly RunLine[]): Step {
  const at = lines.findIndex((l) => l.id === lineId);
  if (at < 0) return still(run);
  const first = lines[at]!.speakable ? lines[at]! : goesOn ? lineAfter(lines, lineId) : undefined;
  if (!first) return still(run);
  const marks = { ...run.marks };
  // From here on nothing has been said yet.
  for (const line of goesOn ? lines.slice(at) : [first]) delete marks[line.id];
  const interrupt = run.asked.length > 0;
  return ask({ ...ended(run), marks, goesOn, halt: null, at: first.id }, first.id, interrupt);
}

function ask(run: ScriptRun, lineId: number, interrupt = false): Step {
  const ticket = run.lastTicket + 1;
  const asked: Asked = { lineId, ticket, turn: null, state: 'sending', problem: null };
  return {
    run: { ...run, asked: [...run.asked, asked], lastTicket: ticket },
    effects: [{ type: 'say', ticket, lineId, interrupt }],
  };
}

function accepted(run: ScriptRun, ticket: number, turn: number | null, lines: readonly RunLine[]): Step {
  const known = run.asked.some((a) => a.ticket === ticket);
  if (!known) return still(run);
  // The two travel on different connections: events may have come first.
  const early = run.early.filter((event) => 'turn' in event && event.turn === turn);
  const rest = run.early.filter((event) => !early.includes(event));
  const asked = run.asked.map((a): Asked => (a.ticket === ticket ? { ...a, turn, state: 'waiting' } : a));
  let now: Step = still({ ...run, asked, early: asked.some((a) => a.turn === null) ? rest : [] });
  for (const event of early) now = then(now, heard(now.run, event, lines));
  return now;
}

const then = (first: Step, second: Step): Step => ({
  run: second.run,
  effects: [...first.effects, ...second.effects],
});

/** What the session tells. */
function heard(run: ScriptRun, event: SessionEvent, lines: readonly RunLine[]): Step {
  if (event.status === 'closed') return step(run, { type: 'lost' }, lines);
  const turn = 'turn' in event ? event.turn : undefined;
  if (turn === undefined || run.asked.length === 0) return still(run);
  const place = run.asked.findIndex((a) => a.turn === turn);
  if (place < 0) {
    const waits = run.asked.some((a) => a.turn === null);
    const early = waits ? [...run.early, event].slice(-MAX_EARLY) : run.early;
    const begins = event.status === 'turn' || event.status === 'start';
    const over = run.asked.filter((a) => begins && a.turn !== null && a.turn < turn).length;
    return over > 0 ? settle({ ...run, early }, over, lines) : still({ ...run, early });
  }
  // Turns are performed one after the other: what stands before the one that begins is over.
  const begins = event.status === 'turn' || event.status === 'start';
  if (begins && place > 0) {
    const settled = settle(run, place, lines);
    return then(settled, heard(settled.run, event, lines));
  }
  switch (event.status) {
    case 'start':
      return sounds(run, place, lines);
    case 'error':
      if (event.fallback) return still(run);
      return still(change(run, place, { problem: event.reason ?? event.message }));
    case 'latency':
      // An interrupt's figure comes by itself; a turn's own come once it is over.
      return event.firstSoundSentMs === undefined ? still(run) : settle(run, place + 1, lines);
    case 'interrupted':
      return still(ended(run));
    default:
      return still(run);
  }
}

const change = (run: ScriptRun, place: number, patch: Partial<Asked>): ScriptRun => ({
  ...run,
  asked: run.asked.map((a, i) => (i === place ? { ...a, ...patch } : a)),
});

/** A line begins to sound: the one after it is handed over, unless something is to happen between the two. */
function sounds(run: ScriptRun, place: number, lines: readonly RunLine[]): Step {
  const { lineId } = run.asked[place]!;
  const now: ScriptRun = { ...change(run, place, { state: 'sounding' }), at: lineId };
  if (!run.goesOn || place < run.asked.length - 1) return still(now);
  const line = lines.find((l) => l.id === lineId);
  const next = lineAfter(lines, lineId);
  return next && !line?.pauseMs && !next.changesMode ? ask(now, next.id) : still(now);
}

/** The first `count` of what was asked are over. */
function settle(run: ScriptRun, count: number, lines: readonly RunLine[]): Step {
  const over = run.asked.slice(0, count);
  if (over.length === 0) return still(run);
  const marks: Record<number, Mark> = { ...run.marks };
  for (const { lineId, problem } of over) marks[lineId] = problem === null ? 'said' : 'failed';
  const now: ScriptRun = { ...run, marks, asked: run.asked.slice(count) };
  const mute = over.find((a) => a.state !== 'sounding' && a.problem !== null);
  if (mute) {
    const halt: Halt = { reason: 'failed', lineId: mute.lineId, detail: mute.problem ?? '' };
    return {
      run: { ...ended(now), at: mute.lineId, halt },
      effects: now.asked.length > 0 ? [{ type: 'interrupt' }] : [],
    };
  }
  if (now.asked.length > 0 || !now.goesOn) return still(now.asked.length > 0 ? now : ended(now));
  const last = over.at(-1)!;
  const pauseMs = lines.find((l) => l.id === last.lineId)?.pauseMs;
  if (!pauseMs || !lineAfter(lines, last.lineId)) return follow({ ...now, at: last.lineId }, lines);
  const ticket = now.lastTicket + 1;
  return {
    run: { ...now, at: last.lineId, pausing: ticket, lastTicket: ticket },
    effects: [{ type: 'wait', ticket, durationMs: pauseMs }],
  };
}

/** Goes on behind the present line. */
function follow(run: ScriptRun, lines: readonly RunLine[]): Step {
  const next = lineAfter(lines, run.at);
  return next ? ask({ ...run, at: next.id }, next.id) : still(ended(run));
}

/** The next line with something to say; from the beginning where the place is not known (any more). */
export function lineAfter(lines: readonly RunLine[], id: number | null): RunLine | undefined {
  const at = id === null ? -1 : lines.findIndex((line) => line.id === id);
  if (id !== null && at < 0) return undefined;
  return lines.slice(at + 1).find((line) => line.speakable);
}
