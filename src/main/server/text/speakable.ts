import { Characters } from './characters';
import { Inline } from './inline';
import { Lines } from './lines';
import { Spacing } from './spacing';
import type { Stage } from './stage';
import { Urls } from './urls';

/** Letters, digits and the signs that every voice reads out ("5 €", "50 %"). Emoji and punctuation alone say nothing. */
const SPOKEN = /[\p{L}\p{N}%€$£¥]/u;

/** Whether a voice has anything to say for this text: false for emoji, punctuation, blanks. */
export const hasSpeech = (text: string): boolean => SPOKEN.test(text);

/**
 * Turns what a language model writes (Markdown, HTML, links, emoji, mathematics) into text that a voice can read, as it
 * grows. The result does not depend on how the text was cut into chunks. Plain prose passes at once; at most a few hundred
 * characters wait, and only where markup has begun. Time is linear.
 */
export class Speakable {
  #out = '';
  /** The first half of a surrogate pair whose second half is in the next chunk. */
  #half = '';
  readonly #first: Stage = new Characters(
    new Lines(
      new Inline(
        new Urls(
          new Spacing((text) => {
            this.#out += text;
          }),
        ),
      ),
    ),
  );

  /** Characters that wait for more text; bounded. */
  get waiting(): number {
    return this.#half.length + this.#first.waiting;
  }

  /** Takes more text and returns what can be spoken of it by now. */
  push(text: string): string {
    const whole = this.#half + text;
    const last = whole.charCodeAt(whole.length - 1);
    const cut = last >= 0xd800 && last <= 0xdbff ? whole.length - 1 : whole.length;
    this.#half = whole.slice(cut);
    for (const character of whole.slice(0, cut)) this.#first.feed(character);
    return this.#take();
  }

  /** Ends the text and returns what is left. Ready for another text then. */
  flush(): string {
    this.#half = ''; // half a character cannot be spoken
    this.#first.end();
    return this.#take();
  }

  #take(): string {
    const out = this.#out;
    this.#out = '';
    return out;
  }
}

/** What can be spoken of a stream of text (a language model's reply), as it comes. Empty pieces are left out. */
export async function* speakable(pieces: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
  const text = new Speakable();
  for await (const piece of pieces) {
    const spoken = text.push(piece);
    if (spoken !== '') yield spoken;
  }
  const rest = text.flush();
  if (rest !== '') yield rest;
}
