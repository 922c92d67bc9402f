const list = (...lines: string[]) => new Set(lines.join(' ').split(' '));

/** Words before a full stop that do not end a sentence: a name or a number follows. Lower case, without the stop. */
const NEVER_END = list(
  'dr mr mrs ms mx prof rev hon gen capt lt sgt st messrs mme mlle sr sra hr vs eg ie cf ca approx eq',
  'dept univ tel jan feb mar apr jun jul aug sept sep oct nov dec bzw ggf usw z.b d.h u.a e.g i.e viz resp',
);

/** Words that end a sentence only when the next one starts like a sentence. */
const MAY_END = list('etc inc ltd co corp llc plc jr al a.m p.m am pm est min max ph.d ave blvd rd hrs mins');

/** End a sentence unless a number follows: "No. 5" against the answer "No.", "Fig. 2" against "I like art." */
const BEFORE_NUMBER = list('no nos nr art sec fig figs vol pp p ch v vers c ext mt ft col n pt bd');

const ENDS_IN_WORD = /[\p{L}\p{N}.]{1,16}$/u;

/**
 * Whether the full stop after `before` ends a sentence, given the first character behind it and its blank ('' = the text
 * ends). In doubt it does not: a sentence too long is spoken well, half a sentence is not.
 */
export function fullStopEnds(before: string, following: string): boolean {
  if (following === '') return true;
  const word = ENDS_IN_WORD.exec(before)?.[0] ?? '';
  const lower = word.toLowerCase();
  if (NEVER_END.has(lower)) return false;
  if (MAY_END.has(lower)) return !/[\p{Ll}\p{N},]/u.test(following);
  if (BEFORE_NUMBER.has(lower)) return !/\p{N}/u.test(following);
  // Initials and dotted letters: J. Smith, U.S. troops.
  if (/^(\p{L}\.)*\p{Lu}$/u.test(word) && word !== 'I') return false;
  // "1. First item": the number belongs to its item.
  if (/^\d{1,3}$/.test(word) && before.trim() === word) return false;
  return true;
}
