import { isOpen, MAX_LINES } from './lines';
import type { Line, LineState, Problem } from './state';
import { apply, useStudio } from './studio';
import { toastUndo } from './toasts';

/**
 * The conversation outlives the page: what is over is kept in this browser, 500 lines at most. A page that opens begins with
 * it. Nothing of it is sent anywhere.
 */
const KEY = 'herald.history';
const SAVE_AFTER_MS = 1_000;

/** A line as it lies in the browser. Times are of the world, as a page's own clock begins anew with it. */
interface Kept {
  kind: Line['kind'];
  text: string;
  answer: string;
  state: LineState;
  own: boolean;
  atEpochMs: number;
  problem: Problem | null;
}

const STATES: readonly LineState[] = ['said', 'interrupted', 'failed'];
const isText = (value: unknown): value is string => typeof value === 'string';

/** Reads what was kept, line by line: one that is damaged costs itself. The newest come last. */
export function parseHistory(stored: string | null, timeOriginMs: number): Line[] {
  let value: unknown;
  try {
    value = JSON.parse(stored ?? '[]');
  } catch {
    return [];
  }
  if (!Array.isArray(value)) return [];
  const kept = value.filter(isKept).slice(-MAX_LINES);
  // Negative ids: those of the page itself are positive.
  return kept.map((line, i) => restored(line, i - kept.length, timeOriginMs));
}

function isKept(value: unknown): value is Kept {
  if (value === null || typeof value !== 'object') return false;
  const { kind, text, answer, state, own, atEpochMs, problem } = value as Partial<Record<keyof Kept, unknown>>;
  if (kind !== 'echo' && kind !== 'chat' && kind !== 'audio') return false;
  if (!isText(text) || !isText(answer) || !STATES.includes(state as LineState)) return false;
  if (typeof own !== 'boolean' || typeof atEpochMs !== 'number') return false;
  const { reason, remedy } = (problem ?? { reason: '', remedy: null }) as Partial<Problem>;
  return isText(reason) && (remedy === null || isText(remedy));
}

const restored = ({ atEpochMs, ...line }: Kept, id: number, timeOriginMs: number): Line => ({
  ...line,
  id,
  turn: null,
  answerDone: true,
  sentences: 0,
  sounding: null,
  saidTo: 0,
  note: null,
  fresh: false,
  sentAtMs: atEpochMs - timeOriginMs,
});

/** What is over, as it is kept. */
export function serializeHistory(lines: readonly Line[], timeOriginMs: number): string {
  const kept = lines.filter((line) => !isOpen(line)).slice(-MAX_LINES);
  return JSON.stringify(
    kept.map(
      ({ kind, text, answer, state, own, problem, sentAtMs }): Kept => ({
        kind,
        text,
        answer,
        state,
        own,
        problem,
        atEpochMs: Math.round(timeOriginMs + sentAtMs),
      }),
    ),
  );
}

/** Begins with what was kept, and keeps what comes. Storage may be forbidden: then lines last as long as the page. */
export function keepHistory(): void {
  try {
    useStudio.setState({ lines: parseHistory(localStorage.getItem(KEY), performance.timeOrigin) });
  } catch {
    return;
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  const save = () => {
    clearTimeout(timer);
    timer = undefined;
    try {
      localStorage.setItem(KEY, serializeHistory(useStudio.getState().lines, performance.timeOrigin));
    } catch {
      // Full or forbidden: the page goes on.
    }
  };
  useStudio.subscribe(({ lines }, before) => {
    // Answers grow many times a second; the disk hears of it once.
    if (lines !== before.lines) timer ??= setTimeout(save, SAVE_AFTER_MS);
  });
  addEventListener('pagehide', save);
}

/** Takes away what is over; what is being said stays. It can be had back for as long as the message stands. */
export function clearHistory(): void {
  const { lines } = useStudio.getState();
  const over = lines.filter((line) => !isOpen(line));
  if (over.length === 0) return;
  useStudio.setState({ lines: lines.filter(isOpen) });
  toastUndo('said.cleared', () => apply((state) => ({ lines: [...over, ...state.lines].slice(-MAX_LINES) })));
}

/** The lines that hold every word of the query, in the question or in what was said. */
export function searchLines(lines: readonly Line[], query: string): readonly Line[] {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return lines;
  return lines.filter(({ text, answer }) => {
    const said = `${text} ${answer}`.toLowerCase();
    return wanted.every((word) => said.includes(word));
  });
}
