import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { patternProblem, tryPattern } from './pattern';

const words = z.string().trim().min(1, { error: 'must not be empty' }).max(200);

const WHOLE_NUMBER = { error: 'must be a whole number, 0 or more' };

const ruleSchema = z
  .strictObject({
    match: z.union([words, z.array(words).min(1).max(100)], { error: 'must be a word or phrase, or a list of them' }),
    pattern: z.string().min(1).max(500),
    flags: z.string().regex(/^(?!.*(.).*\1)[imsu]*$/, { error: 'may hold i, m, s and u, once each' }),
    say: z.string().trim().min(1).max(2_000),
    audiotype: z.int(WHOLE_NUMBER).min(0, WHOLE_NUMBER),
  })
  .partial()
  .superRefine((rule, context) => {
    const fault = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    if (rule.match === undefined && rule.pattern === undefined)
      fault('match', 'or "pattern" is needed: when it applies');
    if (rule.say === undefined && rule.audiotype === undefined) fault('say', 'or "audiotype" is needed: what it does');
    if (rule.flags !== undefined && rule.pattern === undefined)
      fault('flags', 'belong to a "pattern", and there is none');
    const problem = rule.pattern !== undefined && patternProblem(rule.pattern, rule.flags ?? '');
    if (problem) fault('pattern', problem);
  });

/** A keyword and what it does, before the model is asked. With both `match` and `pattern`, either may apply. */
export type Rule = z.infer<typeof ruleSchema>;

/** What a rule does with a text: `say` first, then `audiotype`. */
export interface RuleAction {
  /** With the groups of the pattern and {text} filled in. */
  say?: string;
  /** As in /set_audiotype. */
  audiotype?: number;
}

/** @throws Error that names every problem of the file, one a line, with the index and key of each. */
export function loadRules(file: string): Rule[] {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8').replace(/^\ufeff/, ''));
  } catch (error) {
    throw new Error(`--rules ${file} cannot be read: ${(error as Error).message}`);
  }
  const rules = z
    .array(ruleSchema, { error: 'must be a list of rules: [{"match": ..., "say": ...}]' })
    .safeParse(content);
  if (rules.success) return rules.data;
  const problems = rules.error.issues.map(({ path: [index, ...keys], message }) => {
    const where = index === undefined ? '' : ` rule ${String(index)}${keys.length > 0 ? ` "${keys.join('.')}"` : ''}`;
    return `--rules ${file}:${where} ${message}`;
  });
  throw new Error(problems.join('\n'));
}

/**
 * What the first rule that applies to the text does; undefined where none does. `onSlow` is told of a rule whose pattern was
 * given up on this text.
 */
export function matchRule(rules: readonly Rule[], text: string, onSlow?: (rule: Rule) => void): RuleAction | undefined {
  const folded = fold(text);
  for (const rule of rules) {
    const phrases = rule.match === undefined ? [] : [rule.match].flat();
    const found = rule.pattern !== undefined ? tryPattern(compiled(rule), text) : null;
    if (found === undefined) onSlow?.(rule);
    if (!found && !phrases.some((phrase) => holds(folded, fold(phrase)))) continue;
    return {
      ...(rule.say !== undefined && { say: filled(rule.say, text, found) }),
      ...(rule.audiotype !== undefined && { audiotype: rule.audiotype }),
    };
  }
  return undefined;
}

const patterns = new WeakMap<Rule, RegExp>();

function compiled(rule: Rule): RegExp {
  let pattern = patterns.get(rule);
  if (!pattern) patterns.set(rule, (pattern = new RegExp(rule.pattern!, rule.flags ?? '')));
  return pattern;
}

/** One form for what people see as the same: full-width letters, capitals, curly apostrophes, runs of blanks. */
const fold = (text: string): string =>
  text.normalize('NFKC').toLowerCase().replace(/[‘’]/g, "'").replace(/\s+/g, ' ').trim();

/** Letters and digits of scripts that put blanks between words. */
const WORD = /[\p{L}\p{M}\p{N}]/u;
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;
const inWord = (character: string | undefined): boolean =>
  character !== undefined && WORD.test(character) && !UNSPACED.test(character);

/** Whether the phrase stands in the text, not inside a longer word: "art" is not in "start", 古筝 is in 弹古筝吧. */
function holds(text: string, phrase: string): boolean {
  const first = String.fromCodePoint(phrase.codePointAt(0)!);
  const last = [...phrase.slice(-2)].at(-1);
  for (let at = text.indexOf(phrase); at >= 0; at = text.indexOf(phrase, at + 1)) {
    const before = [...text.slice(Math.max(0, at - 2), at)].at(-1);
    const end = at + phrase.length;
    const after = end < text.length ? String.fromCodePoint(text.codePointAt(end)!) : undefined;
    if (!(inWord(first) && inWord(before)) && !(inWord(last) && inWord(after))) return true;
  }
  return false;
}

/** `$1` to `$9` are groups of the pattern ('' where one did not take part), `{text}` is what was asked. */
const filled = (say: string, text: string, found: RegExpExecArray | null | undefined): string =>
  say.replace(/\$([1-9])|\{text\}/g, (_, group?: string) => (group ? (found?.[Number(group)] ?? '') : text)).trim();
