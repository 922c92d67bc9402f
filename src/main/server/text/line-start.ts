import { startsCjk } from './script';
import { MARK } from './stage';

/** What the beginning of a line says about it. `skip` units are markup and not spoken. */
export type LineStart =
  /** Markup before the text: what follows is judged again. */
  | { is: 'item' | 'heading' | 'quote' | 'ornament'; skip: number }
  | { is: 'fence'; skip: number; fence: string }
  /** A table row that begins here, or a line of marks that is left out whole. */
  | { is: 'row' | 'rule'; skip: number }
  | { is: 'text'; skip: 0 }
  | 'wait';

/** A line of nothing but marks is waited for to here; a longer one is a rule whatever follows. */
const MAX_RULE = 200;
/** A fence with its language is waited for to here. */
const MAX_FENCE = 80;

const TEXT = { is: 'text', skip: 0 } as const;
const BULLET = /^[•·●○◦▪▫■□‣⁃]\s*/u;
const DASH = /^[–—]\s/;
const NUMBER = /^(?:\d{1,3}[.)](?=\s)|\d{1,2}[、）．]|[(（]\d{1,2}[)）])\s*/;
const NUMBER_BEGUN = /^(?:\d{1,3}[.)]?|[(（]\d{0,2})$/;
const TASK = /^\[[ xX]\]\s/;
const TASK_BEGUN = /^\[(?:[ xX]\]?)?$/;

/**
 * Judges the beginning of a line, blanks before it left out.
 *
 * @param line what is known of the line, not empty; "\n" at its end when it is complete
 * @param inItem a bullet came before it on this line
 */
export function lineStart(line: string, inItem: boolean): LineStart {
  const complete = line.endsWith('\n');
  const first = line[0]!;
  if (first === MARK.gap) return { is: 'ornament', skip: 1 };
  if (first === '>') return { is: 'quote', skip: 1 };
  if (first === '#') return heading(line);
  if (first === '|') return row(line, complete);
  if (first === '`' || first === '~') return fence(line, complete);
  if (/[-*+_=]/.test(first)) return marks(line, complete);
  if (inItem && first === '[') {
    if (TASK.test(line)) return { is: 'ornament', skip: 3 };
    return TASK_BEGUN.test(line) ? 'wait' : TEXT;
  }
  const bullet = BULLET.exec(line) ?? DASH.exec(line);
  if (bullet) return { is: 'item', skip: bullet[0].length };
  if (line === '–' || line === '—') return 'wait';
  return numbered(line);
}

function numbered(line: string): LineStart {
  const number = NUMBER.exec(line);
  if (number) return { is: 'item', skip: number[0].length };
  if (NUMBER_BEGUN.test(line)) return 'wait';
  // "1.苹果" has no blank, "3.14" is no number of an item.
  const tight = /^\d{1,2}[.)]/.exec(line);
  return tight && startsCjk(line.slice(tight[0].length)) ? { is: 'item', skip: tight[0].length } : TEXT;
}

function heading(line: string): LineStart {
  if (/^#{1,6}$/.test(line)) return 'wait';
  // "##标题" is common; "#topic" is a tag.
  const hashes = /^(?:#{1,6}(?=\s)|#{2,6}(?=[^#\s]))/.exec(line);
  return hashes ? { is: 'heading', skip: hashes[0].length } : TEXT;
}

/** |---|:--:| separates the head of a table from its rows. */
function row(line: string, complete: boolean): LineStart {
  if (/^[|:\- ]*\n?$/.test(line)) {
    if (!complete && line.length < MAX_RULE) return 'wait';
    return { is: 'rule', skip: 0 };
  }
  return { is: 'row', skip: 1 };
}

function fence(line: string, complete: boolean): LineStart {
  const open = /^(?:`{3,}|~{3,})/.exec(line)?.[0];
  if (!open) return /^(?:`{1,2}|~{1,2})$/.test(line) ? 'wait' : TEXT;
  const info = line.slice(open.length);
  // ```code``` on one line is inline code.
  if (info.includes('`')) return TEXT;
  if (!complete && line.length < MAX_FENCE) return 'wait';
  return { is: 'fence', skip: line.length, fence: open };
}

/** Rules (---, * * *, ===), bullets (- * +) and text that happens to begin with such a mark (*so*, -5). */
function marks(line: string, complete: boolean): LineStart {
  const mark = line[0]!;
  let count = 0;
  let at = 0;
  for (; at < line.length && (line[at] === mark || line[at] === ' '); at++) if (line[at] === mark) count++;
  const only = at === line.length || (complete && at === line.length - 1);
  if (only && !complete && line.length < MAX_RULE) return 'wait';
  if (only && (count >= 3 || line.length >= MAX_RULE) && mark !== '+') return { is: 'rule', skip: 0 };
  const bullet = /^[-*+](?: +|(?=\n))/.exec(line);
  return bullet ? { is: 'item', skip: bullet[0].length } : TEXT;
}
