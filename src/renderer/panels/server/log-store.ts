import { create } from 'zustand';
import { LOG_LEVELS, type LogLevel, type LogLine, MAX_LOG_LINES } from '../../../shared/server-protocol';
import { readLog } from '../../rtc/server';
import { said } from '../../store/library-actions';

/** What the panel offers; `trace` stands for everything. */
export const SHOWN_LEVELS = ['trace', 'info', 'warn', 'error'] as const satisfies readonly LogLevel[];
export type ShownLevel = (typeof SHOWN_LEVELS)[number];

export interface LogState {
  state: 'loading' | 'ready' | 'failed';
  problem: string;
  lines: readonly LogLine[];
  cursor: string | null;
  /** Ids before which lines are missing. */
  gaps: readonly number[];
  level: ShownLevel;
  query: string;
  /** The last line stays in sight. */
  follow: boolean;
}

export const emptyLog: LogState = {
  state: 'loading',
  problem: '',
  lines: [],
  cursor: null,
  gaps: [],
  level: 'info',
  query: '',
  follow: true,
};

export const useLog = create<LogState>(() => emptyLog);

/** Another piece of the log, behind what is there. The oldest lines go as the server's own do. Pure. */
export function withLines(
  state: Pick<LogState, 'lines' | 'gaps'>,
  page: { lines: LogLine[]; cursor: string; missed: boolean },
): Partial<LogState> {
  const first = page.lines[0];
  // The server was started anew, and counts from one again: what was there is of another time.
  const anew = first !== undefined && first.id <= (state.lines.at(-1)?.id ?? 0);
  const before = anew ? [] : state.lines;
  const lines = page.lines.length === 0 ? before : [...before, ...page.lines].slice(-MAX_LOG_LINES);
  const gaps = page.missed && first ? [...(anew ? [] : state.gaps), first.id] : state.gaps;
  return { state: 'ready', problem: '', cursor: page.cursor, lines, gaps };
}

export async function refreshLog(): Promise<void> {
  try {
    const page = await readLog(useLog.getState().cursor, MAX_LOG_LINES);
    const { cursor } = useLog.getState();
    // Nothing new: nothing to draw.
    if (page.lines.length === 0 && !page.missed && cursor !== null) return;
    useLog.setState((state) => withLines(state, page));
  } catch (error) {
    useLog.setState((state) => ({ state: state.lines.length > 0 ? 'ready' : 'failed', problem: said(error) }));
  }
}

/** Lines of at least the level in which every word occurs, wherever it stands. */
export function filterLines(lines: readonly LogLine[], level: LogLevel, query: string): readonly LogLine[] {
  const least = LOG_LEVELS.indexOf(level);
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (least === 0 && words.length === 0) return lines;
  return lines.filter((line) => {
    if (LOG_LEVELS.indexOf(line.level) < least) return false;
    if (words.length === 0) return true;
    const text = lineText(line).toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** As the terminal has it: `2026-01-02T03:04:05.678Z warn  mouth: it died | restarts=1`. */
export function lineText(line: LogLine): string {
  const details = detailsText(line);
  return `${line.time} ${line.level.padEnd(5)} ${line.scope ? `${line.scope}: ` : ''}${line.msg}${details && ` ${details}`}`;
}

/** What belongs to a line, without its stack. */
export function detailsText({ details = {} }: LogLine): string {
  const { err: _, ...rest } = details;
  return Object.entries(rest)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}

/** Where an error came from, for the few lines that have one. */
export function stackOf({ details }: LogLine): string | undefined {
  const err = details?.err as { stack?: unknown; message?: unknown } | undefined;
  if (typeof err?.stack === 'string') return err.stack;
  return typeof err?.message === 'string' ? err.message : undefined;
}
