import { fullStopEnds } from './abbreviations';
import { endsInQuote, isEnough, isLong, isTooLong, lastWordStart, mayEndWord, naturalCut } from './phrasing';
import { isCjk } from './script';
import { hasSpeech } from './speakable';

export interface SplitOptions {
  /**
   * Let the first piece go before its sentence ends, so that speech starts sooner: at its first comma, colon or dash once
   * it has about three words, or between two words when no pause comes within about twelve. Default true.
   */
  early?: boolean;
}

/** A sentence that does not end is cut near this length in Western characters; a CJK character counts as 2.25 (80). */
const CAP_WEIGHT = 180;
const CJK_WEIGHT = 2.25;
/** Nothing shorter than this is cut off an endless sentence. */
const MIN_CUT_WEIGHT = 60;
/** One unbroken token (a URL) may run to here before it is cut. */
const HARD_CAP_WEIGHT = 2 * CAP_WEIGHT;
/** Longest run of stops and closing marks looked at as one; keeps "......" linear. */
const MAX_RUN = 16;

const BLANK = /\s/u;
const STOP = /[.!?…。！？｡．‼⁇⁈⁉‽؟۔।॥։።។။]/u;
/** End a sentence without a blank behind them: nobody writes them within a word or a number. */
const WIDE_STOP = /[。！？｡．‼⁇⁈⁉‽؟۔।॥։።។။]/u;
const CLOSER = /["'”’»」』）)\]】》]/u;
const WORD = /[\p{L}\p{N}]/u;
const LOWER = /\p{Ll}/u;
/** What may continue a word or an address after "!" or "?": Yahoo!x, /search?q=1. */
const ADDRESS = /[A-Za-z0-9_=&/%#+~-]/;
const NARROW_COMMA = /[,;:]/;
/** Where the first piece may go; 、 only separates the items of a list. */
const EARLY_PAUSE = /[,;:،؛，；：—–-]/;
const HYPHEN = /[–-]/;
const DIGIT = /\p{N}/u;
const WIDE_COMMA = /[，、；：]/;
/** The verb of 「はい。」と言った belongs to what was said. */
const QUOTING = /[とっ]/;

/** What is known about the sentence being read; indexes are into the buffer. */
interface Pending {
  start: number;
  /** Next character to look at. */
  at: number;
  /** Characters before this were judged together with an earlier one ("..."). */
  judged: number;
  weight: number;
  words: number;
  hanzi: number;
  inWord: boolean;
  spoken: boolean;
  /** Last places to cut an endless sentence at; 0 = none yet. */
  comma: number;
  blank: number;
}

const fresh = (start: number): Pending => ({
  start,
  at: start,
  judged: start,
  weight: 0,
  words: 0,
  hanzi: 0,
  inWord: false,
  spoken: false,
  comma: 0,
  blank: 0,
});

/** What a character is to the sentence: the end of it (at `end`), no end (and nothing before `judged` is), or unknown yet. */
type Verdict = { end: number } | { judged: number } | 'wait';

/**
 * Cuts a growing text into sentences for speech. Every decision looks at most a few characters ahead and waits for them,
 * so the sentences do not depend on how the text was cut into chunks. Time is linear; what waits is bounded by the cap.
 * Emoji or punctuation on their own join the sentence after them.
 */
export class SentenceSplitter {
  readonly #earlyWanted: boolean;
  #early: boolean;
  #text = '';
  #now: Pending = fresh(0);

  constructor({ early = true }: SplitOptions = {}) {
    this.#earlyWanted = early;
    this.#early = early;
  }

  /** Characters that wait for the end of their sentence; bounded by the cap. */
  get waiting(): number {
    return this.#text.length;
  }

  /** Takes more text and returns the sentences that are now complete, trimmed. */
  push(text: string): string[] {
    this.#text += text;
    return this.#scan(false);
  }

  /** Ends the text and returns what is left. The splitter is then ready for another text. */
  flush(): string[] {
    const out = this.#scan(true);
    const rest = this.#text.trim();
    if (rest !== '') out.push(rest);
    this.#text = '';
    this.#now = fresh(0);
    this.#early = this.#earlyWanted;
    return out;
  }

  #scan(final: boolean): string[] {
    const text = this.#text;
    const out: string[] = [];
    let now = this.#now;
    const cut = (end: number) => {
      const sentence = text.slice(now.start, end).trim();
      now = fresh(end);
      if (sentence === '') return;
      out.push(sentence);
      this.#early = false;
    };

    while (now.at < text.length) {
      const unit = text.charCodeAt(now.at);
      if (unit >= 0xd800 && unit <= 0xdbff && now.at + 1 === text.length && !final) break;
      const codePoint = text.codePointAt(now.at)!;
      const character = String.fromCodePoint(codePoint);
      const next = now.at + character.length;
      if (now.at === now.start && BLANK.test(character)) {
        now = fresh(next);
        continue;
      }
      const verdict: Verdict = now.at < now.judged ? { judged: now.judged } : judge(text, now, character, next, final);
      const pause = this.#early ? pauseAfter(text, now, character, next, final) : false;
      if (verdict === 'wait' || pause === 'wait') break;
      const comma = WIDE_COMMA.test(character) || (NARROW_COMMA.test(character) && BLANK.test(text[next] ?? ''));
      read(now, character, codePoint);
      now.at = next;

      if ('end' in verdict) {
        if (now.spoken) {
          cut(verdict.end);
          continue;
        }
      } else now.judged = verdict.judged;

      const early = this.#early && now.spoken ? earlyCut(text.slice(now.start, next), now, character, pause) : 0;
      if (early > 0) cut(now.start + early);
      else {
        if (now.weight >= MIN_CUT_WEIGHT && comma) now.comma = next;
        if (now.weight >= MIN_CUT_WEIGHT && BLANK.test(character)) now.blank = next;
        if (now.weight > CAP_WEIGHT && now.comma + now.blank > 0) cut(now.comma || now.blank);
        else if (now.weight > HARD_CAP_WEIGHT)
          cut(now.start + (lastWordStart(text.slice(now.start, next)) || next - now.start));
      }
    }
    this.#text = text.slice(now.start);
    const { start } = now;
    const shift = (i: number) => Math.max(0, i - start);
    this.#now = {
      ...now,
      start: 0,
      at: shift(now.at),
      judged: shift(now.judged),
      comma: shift(now.comma),
      blank: shift(now.blank),
    };
    return out;
  }
}

function read(now: Pending, character: string, codePoint: number): void {
  now.spoken ||= hasSpeech(character);
  if (isCjk(codePoint)) {
    now.weight += CJK_WEIGHT;
    if (WORD.test(character)) now.hanzi += 1;
    now.inWord = false;
    return;
  }
  now.weight += character.length;
  if (BLANK.test(character)) now.inWord = false;
  else if (!now.inWord && WORD.test(character)) {
    now.inWord = true;
    now.words += 1;
  }
}

/** Whether the voice pauses behind the character: a comma, colon or dash that stands in no number, date or word. */
function pauseAfter(text: string, now: Pending, character: string, next: number, final: boolean): boolean | 'wait' {
  if (!EARLY_PAUSE.test(character)) return false;
  const peek = (i: number) => (i < text.length ? text[i]! : final ? '' : undefined);
  const before = now.at > now.start ? text[now.at - 1]! : '';
  const after = peek(next);
  if (after === undefined) return 'wait';
  if (after === '' || CLOSER.test(after)) return false;
  if (WIDE_COMMA.test(character)) return true;
  if (character === '—' && after === '—') return false;
  if (character === '—' && !BLANK.test(after)) return before === '—' || (WORD.test(before) && WORD.test(after));
  if (!BLANK.test(after)) return false;
  if (HYPHEN.test(character)) return BLANK.test(before);
  // "May 5, 2024"
  const following = DIGIT.test(before) ? peek(next + 1) : '';
  return following === undefined ? 'wait' : !DIGIT.test(following);
}

/** Where to cut the first piece of a text, read as far as `character`, before its sentence ends; 0 = not yet. */
function earlyCut(piece: string, now: Pending, character: string, pause: boolean): number {
  const length = { words: now.words, hanzi: now.hanzi, characters: piece.length };
  if (pause) return isEnough(length) && !endsInQuote(piece) ? piece.length : 0;
  return isLong(length) && mayEndWord(character) ? naturalCut(piece, isTooLong(length)) : 0;
}

/** Judges the character that ends at `next`. `final`: no more text follows. */
function judge(text: string, now: Pending, character: string, next: number, final: boolean): Verdict {
  if (character === '\n') return { end: next };
  const peek = (i: number) => (i < text.length ? text[i]! : final ? '' : undefined);
  const no = { judged: next };
  if (NARROW_COMMA.test(character)) return peek(next) === undefined ? 'wait' : no;
  if (!STOP.test(character)) return no;

  let stops = character;
  let end = next;
  for (; end - next < MAX_RUN; end++) {
    const c = peek(end);
    if (c === undefined) return 'wait';
    if (c === '' || !STOP.test(c)) break;
    stops += c;
  }
  const afterStops = end;
  const notHere = { judged: afterStops };
  for (; end - afterStops < MAX_RUN; end++) {
    const c = peek(end);
    if (c === undefined) return 'wait';
    if (c === '' || !CLOSER.test(c)) break;
  }
  const closed = end > afterStops;
  const after = peek(end);
  if (after === undefined) return 'wait';
  // A line end is a stop of its own, so nothing behind it matters.
  if (after === '' || after === '\n') return { end };
  if (stops === '．' && DIGIT.test(after)) return notHere;
  if (WIDE_STOP.test(stops)) return closed && QUOTING.test(after) ? notHere : { end };

  const loud = /[!?]/.test(stops);
  const dots = stops.length > 1 || stops === '…';
  if (!BLANK.test(after)) {
    // "OK.你好" and "wow!😀" end; "3.14", "example.com", "/?a=b", "etc.," and "嗯…我" do not.
    const wide = isCjk(after.charCodeAt(0)) && !WIDE_COMMA.test(after);
    if (loud) return wide || !(ADDRESS.test(after) || /[,;:.…]/.test(after)) ? { end } : notHere;
    return wide && !dots ? { end } : notHere;
  }
  const following = peek(end + 1);
  if (following === undefined) return 'wait';
  // "Really?" he asked.
  if (closed && LOWER.test(following)) return notHere;
  if (loud) return { end };
  if (dots) return LOWER.test(following) ? notHere : { end };
  if (closed) return { end };
  return fullStopEnds(text.slice(Math.max(now.start, now.at - 20), now.at), following) ? { end } : notHere;
}

/** The sentences of a text that is complete. */
export function splitAll(text: string, options?: SplitOptions): string[] {
  const splitter = new SentenceSplitter(options);
  return [...splitter.push(text), ...splitter.flush()];
}

/** Sentences of a stream of text (a language model's reply), each as soon as it is complete. Empty ones are left out. */
export async function* splitSentences(
  text: AsyncIterable<string> | Iterable<string>,
  options?: SplitOptions,
): AsyncGenerator<string> {
  const splitter = new SentenceSplitter(options);
  for await (const chunk of text) yield* splitter.push(chunk);
  yield* splitter.flush();
}
