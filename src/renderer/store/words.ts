import type { Span } from './state';

const SPOKEN = /[\p{L}\p{N}]/u;
/** What still belongs to a sentence behind its last letter: stops and closing quotes, no blanks. */
const TAIL = /^[^\p{L}\p{N}\s]*/u;

/**
 * Finds a sentence that the server speaks in the words that the page shows, from `from` on. Only letters and digits count:
 * the server joins lines, trims blanks and drops signs that nobody pronounces.
 */
export function findSentence(words: string, sentence: string, from: number): Span | null {
  const wanted = [...sentence].filter((c) => SPOKEN.test(c)).join('');
  if (wanted === '') return null;
  let letters = '';
  // Where each code unit of `letters` stands in `words`.
  const places: number[] = [];
  let at = from;
  for (const character of words.slice(from)) {
    if (SPOKEN.test(character)) {
      letters += character;
      for (let i = 0; i < character.length; i++) places.push(at + i);
    }
    at += character.length;
  }
  const found = letters.indexOf(wanted);
  if (found < 0) return null;
  const last = (places[found + wanted.length - 1] as number) + 1;
  return { from: places[found] as number, to: last + (TAIL.exec(words.slice(last))?.[0].length ?? 0) };
}

/** Whether anything stands behind `from` that a voice would say. */
export const hasMoreToSay = (words: string, from: number): boolean => SPOKEN.test(words.slice(from));
