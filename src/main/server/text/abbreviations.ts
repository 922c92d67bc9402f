/** Words before a full stop that do not end a sentence: a name or a number follows. Lower case, without the stop. */
const NEVER_END = new Set(
  (
    'dr mr mrs ms mx prof rev hon gen col capt lt sgt st mt ft vs eg ie cf ca approx fig figs eq vol pp nos art sec ' +
    'dept univ tel ext jan feb mar apr jun jul aug sept sep oct nov dec bzw ggf usw z.b d.h e.g i.e viz'
  ).split(' '),
);

/** Words that end a sentence only when the next one starts like a sentence. */
const MAY_END = new Set('etc inc ltd co corp jr sr al a.m p.m am pm est min max'.split(' '));

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
  // "No. 5" against the answer "No."
  if (lower === 'no') return !/\p{N}/u.test(following);
  // Initials and dotted letters: J. Smith, U.S. troops.
  if (/^(\p{L}\.)*\p{Lu}$/u.test(word) && word !== 'I') return false;
  // "1. First item": the number belongs to its item.
  if (/^\d{1,3}$/.test(word) && before.trim() === word) return false;
  return true;
}
