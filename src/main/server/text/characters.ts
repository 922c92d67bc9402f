import { MARK, type Stage } from './stage';

/** Emoji in every form (UTS #51): pictographs, flags, skin tones, keycap marks, variation selectors. */
const EMOJI = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}/u;
/** What only ever stands with an emoji: the keycap mark, variation selectors. */
const EMOJI_PART = /\u20e3|[\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}]/u;
/** Pictographic by the standard but read out by voices or part of the punctuation: © ® ™ ‼ ⁉ ℹ stand below the arrows. */
const FIRST_PICTURE = 0x2190;
const ORNAMENT = /[\u2600-\u27bf]/u;
const KEYCAP_BASE = /^[0-9#*]$/;
const LINE_END = /[\n\v\f\u0085\u2028\u2029]/u;
const BLANK = /[\t\p{Zs}]/u;
/** Controls, zero-width and bidi marks, lone surrogates, private use, unassigned; the stand-ins U+FFFC and U+FFFD. */
const SILENT = /[\p{C}\ufffc\ufffd]/u;
/** Scripts in which the zero-width joiner and non-joiner change how a word is written and said (Persian, Indic). */
const JOINING =
  /[\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{M}]/u;
const JOINER = /[\u200c\u200d]/;
const SIMPLER: Record<string, string> = { '‼': '!!', '⁇': '??', '⁈': '?!', '⁉': '!?', '‽': '?!' };

const isEmoji = (character: string): boolean =>
  (EMOJI.test(character) && character.codePointAt(0)! >= FIRST_PICTURE) || ORNAMENT.test(character);

/** What one character on its own is to a voice: itself, a blank, a line end, a gap, or nothing (''). */
export function spokenCharacter(character: string, before: string): string {
  if (LINE_END.test(character)) return '\n';
  if (BLANK.test(character)) return ' ';
  if (isEmoji(character)) return MARK.gap;
  if (EMOJI_PART.test(character)) return '';
  if (JOINER.test(character)) return JOINING.test(before) ? character : '';
  if (SILENT.test(character)) return '';
  return SIMPLER[character] ?? character;
}

/** Takes out what no voice can say: emoji (a gap is noted), controls, zero-width characters. Line ends become "\n". */
export class Characters implements Stage {
  /** A digit that a keycap mark may follow: 1️⃣ is the digit, a variation selector and the mark. */
  #digit = '';
  #selector = false;
  #before = '';
  #afterCr = false;

  constructor(private readonly next: Stage) {}

  get waiting(): number {
    return this.#digit.length + this.next.waiting;
  }

  feed(character: string): void {
    const afterCr = this.#afterCr;
    this.#afterCr = character === '\r';
    if (character === '\n' && afterCr) return;
    if (this.#digit !== '') {
      if (character === '\ufe0f' && !this.#selector) {
        this.#selector = true;
        return;
      }
      if (character === '\u20e3') this.#digit = MARK.gap;
      this.#release();
      if (character === '\u20e3') return;
    }
    if (KEYCAP_BASE.test(character)) this.#digit = character;
    else this.#pass(spokenCharacter(character === '\r' ? '\n' : character, this.#before));
  }

  end(): void {
    this.#release();
    this.#before = '';
    this.#afterCr = false;
    this.next.end();
  }

  #release(): void {
    this.#pass(this.#digit);
    this.#digit = '';
    this.#selector = false;
  }

  #pass(text: string): void {
    for (const character of text) this.next.feed(character);
    if (text !== '') this.#before = text;
  }
}
