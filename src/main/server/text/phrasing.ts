import { breathBefore, endsClause, leansOnNext, leansOnPrevious } from './phrase-words';
import { isCjk, startsCjk } from './script';

/** Where the first piece of a reply may be cut, so that speech starts early and still sounds like one sentence. */

/** A word weighs as much as 5/3 hanzi when asking whether a clause is long enough to be spoken on its own ... */
const ENOUGH = { word: 5, hanzi: 3, total: 15 };
/** ... or two words of this many characters ("Sure thing,"). */
const ENOUGH_CHARACTERS = 10;
/**
 * Without any pause it is cut before a clause or a phrase after 8 words or 16 hanzi, and between any two words after 12
 * words or 25 hanzi: a model writes about eight words in the time in which nobody misses an answer. Long words and those of scripts without blanks (Thai) count by their characters.
 */
const LONG = { word: 25, hanzi: 12, total: 200, characters: 60 };
const TOO_LONG = { total: 300, characters: 90 };
const PHRASE_BREATH = 3;
/** A piece cut between words has at least 4 words or 8 hanzi, and leaves at least 2 words or 4 hanzi. */
const CUT = { word: 2, hanzi: 1, before: 8, after: 4 };
/** A quotation that has run on for so many characters may be cut, a shorter one is kept whole; a hanzi counts as two. */
const LONG_QUOTE = 60;

const OPENERS = '“«「『（([《【';
const CLOSERS = '”»」』）)]》】';
const WORD = /[\p{L}\p{N}]/u;
const DIGIT = /\p{N}/u;
const CAPITAL = /^\p{Lu}/u;
const BLANK = /^\s+$/u;
/** A blank, perhaps behind the end of a quotation. */
const SPACE = /^["”’»)\]]?\s+$/u;
/** Scripts without blanks between words. */
const UNSPACED =
  /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

let segmenter: Intl.Segmenter | undefined;
const segments = (text: string) => {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'word' });
  return segmenter.segment(text);
};

export interface Length {
  /** Words between blanks. */
  words: number;
  /** Hanzi, kana, hangul. */
  hanzi: number;
  characters: number;
}

/** Whether a clause that ends in a comma, colon or dash is long enough to go: not "Well,", but "Sure thing,". */
export const isEnough = ({ words, hanzi, characters }: Length): boolean =>
  words * ENOUGH.word + hanzi * ENOUGH.hanzi >= ENOUGH.total || (words >= 2 && characters >= ENOUGH_CHARACTERS);

const load = ({ words, hanzi }: Length): number => words * LONG.word + hanzi * LONG.hanzi;
/** Whether a first piece without any pause should be cut at a good place. */
export const isLong = (length: Length): boolean => load(length) >= LONG.total || length.characters >= LONG.characters;
/** Whether any place between two words is good enough. */
export const isTooLong = (length: Length): boolean =>
  load(length) >= TOO_LONG.total || length.characters >= TOO_LONG.characters;

/** Whether words may end at this character: a blank, or a letter of a script without blanks. */
export const mayEndWord = (character: string): boolean => BLANK.test(character) || UNSPACED.test(character);

/** Follows quotations and brackets through a text. */
class Quotes {
  #open: number[] = [];
  #straight = false;
  #run = 0;

  read(text: string): void {
    for (const character of text) {
      this.#run += isCjk(character.codePointAt(0)!) ? 2 : 1;
      const closes = character === '"' ? this.#straight : CLOSERS.includes(character);
      if (character === '"') this.#straight = !this.#straight;
      if (closes) this.#open.pop();
      else if (character === '"' || OPENERS.includes(character)) this.#open.push(this.#run);
    }
  }

  /** Within a quotation that may still be a short one. */
  get inShort(): boolean {
    const innermost = this.#open.at(-1);
    return innermost !== undefined && this.#run - innermost < LONG_QUOTE;
  }
}

/** Whether the end of the text stands within a quotation or bracket that should be kept whole. */
export function endsInQuote(text: string): boolean {
  const quotes = new Quotes();
  quotes.read(text);
  return quotes.inShort;
}

/**
 * The best place to cut a text that has no pause: before the last clause ("because", 但是), else before the last phrase
 * ("with", 在), else between two words. Never behind an article, in a number, a name or a short quotation.
 *
 * @param anywhere take a place between any two words when there is no better one
 * @returns index of the first character behind the cut; 0 = nowhere
 */
export function naturalCut(text: string, anywhere: boolean): number {
  const cuts: { index: number; breath: number; length: number }[] = [];
  const quotes = new Quotes();
  let length = 0;
  let previous = '';
  let between = '';
  for (const { segment, index, isWordLike } of segments(text)) {
    if (isWordLike) {
      const breath = previous === '' || quotes.inShort ? 0 : breathBetween(previous, between, segment);
      if (breath >= (anywhere ? 1 : PHRASE_BREATH)) cuts.push({ index, breath, length });
      length += lengthOf(segment, previous, between);
      previous = segment;
      between = '';
    } else {
      quotes.read(segment);
      between += segment;
    }
  }
  const allowed = cuts.filter((cut) => cut.length >= CUT.before && length - cut.length >= CUT.after);
  return allowed.reduce((best, cut) => (cut.breath >= best.breath ? cut : best), { index: 0, breath: 0, length: 0 })
    .index;
}

/** What a word adds to the length of a cut piece; the second half of "well-known" adds nothing. */
function lengthOf(word: string, previous: string, between: string): number {
  if (startsCjk(word)) return [...word].length * CUT.hanzi;
  const joined = previous !== '' && !/\s/.test(between) && !UNSPACED.test(word);
  return joined ? 0 : CUT.word;
}

/** How natural a cut between two words is, 0 = not at all. `between` is what stands between them. */
function breathBetween(previous: string, between: string, word: string): number {
  const spaced = SPACE.test(between);
  const quoted = spaced && !BLANK.test(between);
  if (!spaced && !(between === '' && UNSPACED.test(previous) && UNSPACED.test(word))) return 0;
  const before = previous.toLowerCase();
  const after = word.toLowerCase();
  if ((!quoted && leansOnNext(before)) || leansOnPrevious(after)) return 0;
  // "12 million", "version 3", "5 月"; "Ada Lovelace".
  if (DIGIT.test(previous.at(-1)!) || DIGIT.test(word[0]!)) return 0;
  if (CAPITAL.test(previous) && CAPITAL.test(word)) return 0;
  const breath = endsClause(before) ? 5 : breathBefore(after);
  // A blank between hanzi and Latin words is typography, not a pause.
  return breath === 1 && spaced && UNSPACED.test(previous) !== UNSPACED.test(word) ? 0 : breath;
}

/** Where the last word of a text begins, so that a text without blanks is not cut within a word; 0 = nowhere. */
export function lastWordStart(text: string): number {
  let last = 0;
  for (const { segment, index } of segments(text)) if (WORD.test(segment)) last = index;
  return last;
}
