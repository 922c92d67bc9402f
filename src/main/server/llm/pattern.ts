import { createContext, Script } from 'node:vm';

/** A keyword stands near the beginning of a question, and a pattern's time grows with what it is tried on. */
const MAX_TRIED_CHARACTERS = 500;
/** A pattern that needs longer is backtracking. */
const TRY_LIMIT_MS = 50;

/**
 * Why a pattern is not accepted; undefined where it is. Refuses what makes a backtracking engine take exponential time: a
 * repeated group that holds a repetition, `(a+)+`, or alternatives, `(a|aa)+`.
 */
export function patternProblem(source: string, flags: string): string | undefined {
  try {
    new RegExp(source, flags);
  } catch (error) {
    return (error as Error).message;
  }
  const group = repeatedGroup(source);
  if (!group) return undefined;
  return (
    `repeats the group ${group}, which itself holds a repetition or alternatives: such a pattern can take for ever. ` +
    'Write it without the outer repetition'
  );
}

/** The first group that holds an unbounded repetition or `|` and is itself repeated without a small bound. */
function repeatedGroup(source: string): string | undefined {
  const groups: { start: number; branching: boolean }[] = [];
  let inSet = false;
  for (let i = 0; i < source.length; i++) {
    const character = source[i]!;
    if (character === '\\') i += 1;
    else if (inSet) inSet = character !== ']';
    else if (character === '[') inSet = true;
    else if (character === '(') groups.push({ start: i, branching: false });
    else if (character === ')') {
      const group = groups.pop()!;
      if (group.branching && repeats(source, i + 1)) return source.slice(group.start, i + 1);
      const outer = groups.at(-1);
      if (outer && group.branching) outer.branching = true;
    } else if (groups.length > 0 && (character === '|' || repeats(source, i))) groups.at(-1)!.branching = true;
  }
  return undefined;
}

const MANY_TIMES = 10;

/** Whether `*`, `+`, or braces that allow many times stand here. */
function repeats(source: string, at: number): boolean {
  if (source[at] === '*' || source[at] === '+') return true;
  const braces = /^\{(\d+)(,?)(\d*)\}/.exec(source.slice(at, at + 12));
  if (!braces) return false;
  const [, least = '', comma, most] = braces;
  return comma && !most ? true : Number(most || least) > MANY_TIMES;
}

const TRY = new Script('pattern.exec(text)');
const sandbox = createContext({ pattern: /./, text: '' });

/**
 * `exec` on the first 500 characters, given up after 50 ms: patterns that pass `patternProblem` can still take cubic time,
 * and this thread has pictures to send.
 *
 * @returns undefined when it was given up
 */
export function tryPattern(pattern: RegExp, text: string): RegExpExecArray | null | undefined {
  Object.assign(sandbox, { pattern, text: text.slice(0, MAX_TRIED_CHARACTERS) });
  try {
    return TRY.runInContext(sandbox, { timeout: TRY_LIMIT_MS }) as RegExpExecArray | null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined;
    throw error;
  }
}
