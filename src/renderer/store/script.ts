import { create } from 'zustand';
import type { ImportedScript, NewLine } from './script-files';
import {
  MAX_LINE_CHARACTERS,
  MAX_SCRIPT_LINES,
  MAX_TITLE_CHARACTERS,
  moved,
  parseStoredScript,
  type ScriptLine,
  splitLong,
} from './script-lines';
import { IDLE, type ScriptRun, step } from './script-run';

/** What has just been done to the script; with `undo`, how it was before. */
export interface ScriptNotice {
  kind: 'imported' | 'removed' | 'cleared' | 'full' | 'unreadable' | 'noText' | 'quote' | 'empty' | 'unsaved';
  values: Record<string, string | number>;
  undo: Pick<ScriptState, 'title' | 'lines'> | null;
}

export interface ScriptState {
  title: string;
  lines: ScriptLine[];
  run: ScriptRun;
  notice: ScriptNotice | null;
  /** The line that is being written. */
  editing: number | null;
}

const KEY = 'herald.script';

/** Storage may be missing (tests) or forbidden (private windows): then the script lasts as long as the page. */
function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** The one script that lies open. It is kept in this browser; the server never sees more than the lines that it speaks. */
export const useScript = create<ScriptState>(() => ({
  ...parseStoredScript(stored()),
  run: IDLE,
  notice: null,
  editing: null,
}));

useScript.subscribe(({ title, lines }, before) => {
  if (title === before.title && lines === before.lines) return;
  try {
    // Ids are of this page only.
    localStorage.setItem(KEY, JSON.stringify({ title, lines: lines.map(({ id: _, ...line }) => line) }));
  } catch {
    if (typeof localStorage !== 'undefined') tell('unsaved');
  }
});

let lastId = Math.max(0, ...useScript.getState().lines.map(({ id }) => id));
const withId = (line: NewLine): ScriptLine => ({ id: ++lastId, ...line });

const tell = (kind: ScriptNotice['kind'], values: ScriptNotice['values'] = {}, undo: ScriptNotice['undo'] = null) =>
  useScript.setState({ notice: { kind, values, undo } });

export const tellScript = tell;
export const dismissNotice = (): void => useScript.setState({ notice: null });

const kept = (): Pick<ScriptState, 'title' | 'lines'> => {
  const { title, lines } = useScript.getState();
  return { title, lines };
};

export const setTitle = (title: string): void => useScript.setState({ title: title.slice(0, MAX_TITLE_CHARACTERS) });

/** Adds what was typed or pasted: each line of it is a line of the script. Returns whether all of it found room. */
export function addLines(text: string): boolean {
  const pieces = text.split(/\r?\n/).flatMap((line) => splitLong(line));
  const { lines } = useScript.getState();
  const room = MAX_SCRIPT_LINES - lines.length;
  const fresh = pieces.slice(0, room).map((piece) => withId({ text: piece }));
  if (fresh.length > 0) useScript.setState({ lines: [...lines, ...fresh], notice: null });
  if (pieces.length > room) tell('full', { count: pieces.length - room, most: MAX_SCRIPT_LINES });
  return pieces.length <= room;
}

/** Changes a line; without words it goes. */
export function editLine(id: number, patch: Partial<Omit<ScriptLine, 'id'>>): void {
  if (patch.text !== undefined && patch.text.trim() === '') {
    removeLine(id);
    return;
  }
  useScript.setState(({ lines }) => ({
    lines: lines.map((line) => {
      if (line.id !== id) return line;
      const next = { ...line, ...patch };
      next.text = next.text.trim().slice(0, MAX_LINE_CHARACTERS);
      return next;
    }),
  }));
}

/** Takes a direction off a line. */
export function dropDirection(id: number, name: 'voice' | 'pauseMs' | 'audiotype'): void {
  useScript.setState(({ lines }) => ({
    lines: lines.map((line) => {
      if (line.id !== id) return line;
      const { [name]: _, ...rest } = line;
      return rest as ScriptLine;
    }),
  }));
}

/** A line that is being spoken, or is about to be, stays. */
export function removeLine(id: number): void {
  const { lines, run } = useScript.getState();
  const at = lines.findIndex((line) => line.id === id);
  if (at < 0 || run.asked.some((asked) => asked.lineId === id)) return;
  const undo = kept();
  const before = lines[at - 1]?.id ?? null;
  useScript.setState({
    lines: lines.filter((line) => line.id !== id),
    run: step(run, { type: 'removed', lineId: id, before }, []).run,
  });
  tell('removed', { line: at + 1 }, undo);
}

export function moveLine(id: number, to: number): void {
  const { lines } = useScript.getState();
  const from = lines.findIndex((line) => line.id === id);
  const place = Math.min(Math.max(to, 0), lines.length - 1);
  if (from >= 0 && from !== place) useScript.setState({ lines: moved(lines, from, place) });
}

export function clearScript(): void {
  const undo = kept();
  useScript.setState(({ run }) => ({ title: '', lines: [], run: step(run, { type: 'reset' }, []).run }));
  tell('cleared', { count: undo.lines.length }, undo);
}

export function undoScript(): void {
  const { notice } = useScript.getState();
  if (notice?.undo) useScript.setState({ ...notice.undo, notice: null });
}

/** Takes in a file: into an empty script with its name as the title, else behind what is there. */
export function takeImport(fileName: string, { lines: found, left, split }: ImportedScript): void {
  const undo = kept();
  if (found.length === 0) {
    tell(left > 0 ? 'full' : 'empty', left > 0 ? { count: left, most: MAX_SCRIPT_LINES } : { name: fileName });
    return;
  }
  const title = undo.title || (undo.lines.length === 0 ? fileName.replace(/\.\w+$/, '') : '');
  useScript.setState({ title: title.slice(0, MAX_TITLE_CHARACTERS), lines: [...undo.lines, ...found.map(withId)] });
  tell('imported', { count: found.length, name: fileName, left, split, most: MAX_SCRIPT_LINES }, undo);
}
