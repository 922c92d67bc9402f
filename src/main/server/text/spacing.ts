import { codeNote } from './code-note';
import { commaOf, type Script, scriptOf, startsCjk, stopOf } from './script';
import { MARK, type Stage } from './stage';

const STOP = /[.!?…。！？｡．؟।۔]/u;
/** A line that ends so needs no stop: the voice pauses there anyway. */
const PAUSE = /[,;:，；：、،؛—–-]/u;
const CLOSER = /["'”’»」』）)\]】》]/u;
/** Follows what stands before it without a blank. */
const TIGHT = /[,.;:!?…，。；：！？、)\]）】」』”’]/u;
/** "Settings → Security" is said with a pause. */
const ARROW = /[→⇒]/;
const OPENER = /[([（【「『“‘«¿¡]/u;

/**
 * The last stage: one blank where there were several, none where an emoji or a citation stood before punctuation, and
 * a stop where a line ends without one, so that the splitter and the voice hear titles, items and rows as sentences.
 */
export class Spacing implements Stage {
  /** Last character that was not blank, on this line; '' = the line is still empty. */
  #last = '';
  #blank = false;
  #gap = false;
  #comma = false;
  /** The line ends in a stop or a pause, perhaps within quotes. */
  #closed = false;
  /** A block of code came before any letter told the language. */
  #owedNote = false;
  /** Full-width digits and signs do not tell a language; the last letter does. Han text with kana in it is Japanese. */
  #script: Script | undefined;
  #kanaSeen = false;

  constructor(private readonly out: (text: string) => void) {}

  get waiting(): number {
    return 0;
  }

  feed(character: string): void {
    if (character === MARK.gap) this.#gap = true;
    else if (character === MARK.break) this.#endLine();
    else if (character === MARK.cell || ARROW.test(character)) this.#comma = this.#last !== '';
    else if (character === MARK.code) this.#note();
    else if (character === ' ' || character === '\n') this.#blank = true;
    else this.#say(character);
  }

  end(): void {
    if (this.#owedNote) this.out(codeNote(undefined));
    this.#last = '';
    this.#clear();
    this.#closed = this.#owedNote = this.#kanaSeen = false;
    this.#script = undefined;
  }

  #clear(): void {
    this.#blank = this.#gap = this.#comma = false;
  }

  #say(character: string): void {
    const script = scriptOf(character);
    if (script) this.#script = script;
    this.#kanaSeen ||= script === 'kana';
    if (this.#owedNote) {
      this.#owedNote = false;
      this.out(`${codeNote(this.#script)}\n`);
    }
    this.out(this.#between(character) + character);
    this.#clear();
    this.#last = character;
    if (STOP.test(character) || PAUSE.test(character)) this.#closed = true;
    else if (!CLOSER.test(character)) this.#closed = false;
  }

  #between(character: string): string {
    const last = this.#last;
    if (last === '') return '';
    if (this.#comma) return this.#closed ? ' ' : commaOf(this.#language);
    if (this.#gap && TIGHT.test(character)) return '';
    if (this.#blank) return ' ';
    if (!this.#gap || startsCjk(last) || startsCjk(character) || OPENER.test(last)) return '';
    return ' ';
  }

  get #language(): Script | undefined {
    return this.#script === 'han' && this.#kanaSeen ? 'kana' : this.#script;
  }

  #endLine(): void {
    if (this.#last !== '') this.out(this.#closed ? '\n' : `${stopOf(this.#language)}\n`);
    this.#last = '';
    this.#closed = false;
    this.#clear();
  }

  #note(): void {
    this.#endLine();
    if (this.#script) this.out(`${codeNote(this.#language)}\n`);
    else this.#owedNote = true;
  }
}
