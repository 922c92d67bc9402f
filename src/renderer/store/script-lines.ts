/** A line of the script. What is optional directs: it holds for this line only. */
export interface ScriptLine {
  id: number;
  text: string;
  voice?: string;
  /** Silence after it. */
  pauseMs?: number;
  /** What is shown from this line on: 0 live, 1 still, from 2 on a performance. */
  audiotype?: number;
}

export const MAX_SCRIPT_LINES = 500;
export const MAX_LINE_CHARACTERS = 2_000;
export const MAX_TITLE_CHARACTERS = 120;

/** Where a long text is best cut: behind the end of a sentence, else behind a pause, else between words. */
const CUTS = [/[.!?…。！？][\p{Pe}\p{Pf}"']*\s*/gu, /[,;:，；：、]\s*/gu, /\s+/gu];

/** Cuts what is too long for one line, at the latest good place of each piece. The words are all kept. */
export function splitLong(text: string, most = MAX_LINE_CHARACTERS): string[] {
  const pieces: string[] = [];
  let rest = text.trim();
  while (rest.length > most) {
    const at = cutPlace(rest.slice(0, most));
    pieces.push(rest.slice(0, at).trim());
    rest = rest.slice(at).trim();
  }
  if (rest !== '') pieces.push(rest);
  return pieces;
}

function cutPlace(head: string): number {
  for (const cut of CUTS) {
    const last = [...head.matchAll(cut)].at(-1);
    // A cut in the first third would make a short piece for nothing.
    if (last && last.index + last[0].length > head.length / 3) return last.index + last[0].length;
  }
  // Not between the halves of a character.
  return /[\uD800-\uDBFF]$/.test(head) ? head.length - 1 : head.length;
}

/** Puts the line at one place to another. */
export function moved<T>(lines: readonly T[], from: number, to: number): T[] {
  const next = [...lines];
  const [line] = next.splice(from, 1);
  if (line !== undefined) next.splice(to, 0, line);
  return next;
}

/** Reads what was stored, line by line: a damaged entry costs only the line that is wrong. */
export function parseStoredScript(stored: string | null): { title: string; lines: ScriptLine[] } {
  type Stored = { title?: unknown; lines?: unknown } | null;
  let value = null as Stored;
  try {
    value = JSON.parse(stored ?? 'null') as Stored;
  } catch {
    // Not ours, or cut off.
  }
  if (value === null || typeof value !== 'object') return { title: '', lines: [] };
  const title = typeof value.title === 'string' ? value.title.slice(0, MAX_TITLE_CHARACTERS) : '';
  const list = Array.isArray(value.lines) ? (value.lines as unknown[]) : [];
  const lines = list.slice(0, MAX_SCRIPT_LINES).flatMap((entry, i): ScriptLine[] => {
    if (entry === null || typeof entry !== 'object') return [];
    const { text, voice, pauseMs, audiotype } = entry as Partial<Record<keyof ScriptLine, unknown>>;
    if (typeof text !== 'string') return [];
    return [
      {
        id: i + 1,
        text: text.slice(0, MAX_LINE_CHARACTERS),
        ...(typeof voice === 'string' && voice !== '' && { voice }),
        ...(isCount(pauseMs) && pauseMs > 0 && { pauseMs }),
        ...(isCount(audiotype) && { audiotype }),
      },
    ];
  });
  return { title, lines };
}

const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;

/** How long it takes to say, roughly: 14 letters a second, or four Chinese characters, and the pauses. */
export function estimateMs(lines: readonly Pick<ScriptLine, 'text' | 'pauseMs'>[]): number {
  return lines.reduce((sum, { text, pauseMs = 0 }) => {
    const han = text.match(/\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}/gu)?.length ?? 0;
    return sum + pauseMs + han * 240 + (text.length - han) * 70;
  }, 0);
}
