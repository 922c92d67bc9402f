import type { Line, LineState, Problem, Progress, StudioState } from './state';

/** Lines of the conversation: which there are, and which one a turn of the server belongs to. Pure, like all reducers. */
type Patch = Partial<StudioState>;

/** The list is a memory aid, not an archive: the oldest lines go. */
export const MAX_LINES = 500;

const OPEN: readonly LineState[] = ['sending', 'queued', 'thinking', 'answering', 'speaking'];
export const isOpen = (line: Pick<Line, 'state'>): boolean => OPEN.includes(line.state);
export const isThinking = ({ state }: Pick<Line, 'state'>): boolean => state === 'thinking' || state === 'answering';

/** What the presenter says in this line. */
export const wordsOf = (line: Line): string => (line.kind === 'chat' ? line.answer : line.text);

export const change = (lines: Line[], id: number, patch: Partial<Line>): Line[] =>
  lines.map((line) => (line.id === id ? { ...line, ...patch } : line));

const fresh = (state: LineState, turn: number | null): Progress => ({
  turn,
  state,
  answer: '',
  answerDone: false,
  sentences: 0,
  sounding: null,
  saidTo: 0,
  problem: null,
  note: null,
});

const append = (lines: Line[], line: Line): Line[] => [...lines, line].slice(-MAX_LINES);

export function addLine(state: StudioState, line: Pick<Line, 'id' | 'kind' | 'text'>, nowMs: number): Patch {
  const idle = state.speakingTurn === null && !state.lines.some(isOpen);
  const last = state.lines.at(-1);
  // Tried once more: the refusal that stands there is answered.
  const again = last?.own && last.state === 'failed' && last.turn === null && last.text === line.text;
  const lines = again ? state.lines.slice(0, -1) : state.lines;
  return { lines: append(lines, { ...line, ...fresh('sending', null), own: true, sentAtMs: nowMs, fresh: idle }) };
}

/**
 * The server took it and, where it is of our age, said which turn it is. Events may have come first: then the line has
 * its turn already, or has guessed another one's, or a line of its own stands for it. All of that is one exchange.
 */
export function lineAccepted(state: StudioState, id: number, turn: number | null = null): Patch {
  const line = state.lines.find((l) => l.id === id);
  if (!line) return {};
  const queued = (l: Line): Line => (l.state === 'sending' ? { ...l, state: 'queued' } : l);
  if (turn === null || line.turn === turn) return { lines: change(state.lines, id, queued(line)) };
  const other = state.lines.find((l) => l.turn === turn);
  if (!other) {
    // What it had taken for its own was another program's, of which no more is known than its events.
    const lines = line.turn === null ? state.lines : append(state.lines, { ...line, id: foreignId(state), own: false });
    const known: Line = line.turn === null ? { ...line, turn } : { ...line, ...fresh('sending', turn) };
    return { lines: change(lines, id, queued(known)) };
  }
  const ours = progressOf(other);
  const theirs = progressOf(line);
  const lines = state.lines
    .map((l) => (l === line ? queued({ ...l, ...ours }) : l === other ? { ...l, ...theirs } : l))
    .filter((l) => l.id !== other.id || l.own || l.turn !== null);
  return { lines };
}

function progressOf(line: Line): Progress {
  const { turn, state, answer, answerDone, sentences, sounding, saidTo, problem, note } = line;
  return { turn, state, answer, answerDone, sentences, sounding, saidTo, problem, note };
}

export function lineFailed(state: StudioState, id: number, reason: string): Patch {
  const problem: Problem | null = reason ? { reason, remedy: null } : null;
  return { lines: change(state.lines, id, { state: 'failed', problem, sounding: null }) };
}

export function dropLine(state: StudioState, id: number): Patch {
  return { lines: state.lines.filter((line) => line.id !== id) };
}

/** An interrupt went through: what was asked for before it will not be said any more. */
export function interruptLines(state: StudioState, askedBefore: readonly number[]): Patch {
  return {
    lines: state.lines.map((line) =>
      isOpen(line) && askedBefore.includes(line.id) ? { ...line, state: 'interrupted', sounding: null } : line,
    ),
    speakingTurn: null,
    caption: null,
  };
}

/** The session is gone: nothing will be said any more, and the next session counts its turns from 1 again. */
export function abandonLines(state: StudioState): Patch {
  return {
    lines: state.lines.map((line) => ({
      ...line,
      turn: null,
      sounding: null,
      state: isOpen(line) ? 'interrupted' : line.state,
    })),
    speakingTurn: null,
    caption: null,
  };
}

/** Ids of lines that this page did not ask for are negative, apart from its own. */
const foreignId = (state: StudioState): number => Math.min(0, ...state.lines.map((line) => line.id)) - 1;

/**
 * The line of a turn. A turn that is not known yet belongs to the first line that still waits for its number and was asked
 * the same; `begun` says what is known of it. Otherwise another program uses this session, and gets a line as well.
 */
export function lineOfTurn(
  state: StudioState,
  turn: number,
  begun: Pick<Line, 'text'> & { kind: Line['kind'] | null },
  nowMs: number,
): { line: Line; lines: Line[] } {
  const known = state.lines.find((line) => line.turn === turn);
  if (known) return { line: known, lines: state.lines };
  const waiting = state.lines.find((line) => line.turn === null && isOpen(line) && isSame(line, begun));
  if (waiting) {
    const line = { ...waiting, turn };
    return { line, lines: change(state.lines, waiting.id, line) };
  }
  const line: Line = {
    id: foreignId(state),
    kind: begun.kind ?? 'echo',
    text: begun.text,
    ...fresh('queued', turn),
    own: false,
    sentAtMs: nowMs,
    fresh: false,
  };
  return { line, lines: append(state.lines, line) };
}

/** Servers that announce no turns begin with a sentence of it: then the order of asking decides. */
function isSame(line: Line, begun: Pick<Line, 'text'> & { kind: Line['kind'] | null }): boolean {
  if (begun.kind === null) return true;
  return line.kind === begun.kind && line.text.trim() === begun.text.trim();
}
