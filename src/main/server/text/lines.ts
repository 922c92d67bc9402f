import { type LineStart, lineStart } from './line-start';
import { isCjk } from './script';
import { MARK, type Stage } from './stage';

/** A line shorter than this many columns (a CJK character takes two) was ended on purpose, not wrapped. */
const WRAP_COLUMNS = 40;
/** A line that ends so goes on in the next. */
const GOES_ON = /[,，、;；–—-]/u;
const LOWER = /\p{Ll}/u;

type Kind = 'plain' | 'item' | 'heading' | 'row';

/** What is known of a line whose beginning was judged. */
interface Line {
  kind: Kind;
  quoted: boolean;
  columns: number;
  last: string;
  trailingBlanks: number;
}

/**
 * The blocks of Markdown: headings, items, rows and paragraphs end as sentences, their marks go, code is left out with a
 * note in its place. Where a line of prose goes on in the next one (soft wrap) only a gap is left.
 */
export class Lines implements Stage {
  /** The beginning of a line, not judged yet, without blanks before it; undefined within a line. */
  #start: string | undefined = '';
  #beginning: { kind: Kind; quoted: boolean; marked: boolean } = { kind: 'plain', quoted: false, marked: false };
  #line: Line | undefined;
  /** The line before, when no blank line came between. */
  #previous: Line | undefined;
  /** The fence that closes the code being left out, and the beginning of the present line of code. */
  #fence: { mark: string; length: number; line: string } | undefined;
  #skipping = false;

  constructor(private readonly next: Stage) {}

  get waiting(): number {
    return (this.#start?.length ?? 0) + (this.#fence?.line.length ?? 0) + this.next.waiting;
  }

  feed(character: string): void {
    if (this.#fence) this.#readCode(character);
    else if (this.#skipping) {
      if (character === '\n') this.#endLine();
    } else if (this.#start !== undefined) this.#readStart(character);
    else if (character === '\n') this.#endLine();
    else this.#read(character);
  }

  end(): void {
    if (!this.#fence && this.#start) this.#readStart('\n');
    this.#fence = undefined;
    const kind = (this.#line ?? this.#previous)?.kind ?? 'plain';
    if (kind !== 'plain') this.next.feed(MARK.break);
    this.#previous = undefined;
    this.#beginLine();
    this.next.end();
  }

  #beginLine(): void {
    this.#start = '';
    this.#beginning = { kind: 'plain', quoted: false, marked: false };
    this.#line = undefined;
    this.#skipping = false;
  }

  #endLine(): void {
    this.#previous = this.#line;
    this.#beginLine();
  }

  #readStart(character: string): void {
    if (this.#start === '' && character === ' ') return;
    this.#start += character;
    while (this.#start !== undefined && this.#start !== '') {
      if (this.#start === '\n') {
        this.#emptyLine();
        return;
      }
      const verdict = lineStart(this.#start, this.#beginning.kind === 'item');
      if (verdict === 'wait') return;
      this.#take(verdict);
    }
  }

  /** An empty line ends a paragraph; an empty item or heading says nothing. */
  #emptyLine(): void {
    if (this.#previous) this.next.feed(MARK.break);
    this.#previous = undefined;
    this.#beginLine();
  }

  #take(verdict: Exclude<LineStart, 'wait'>): void {
    const rest = this.#start!.slice(verdict.skip);
    const beginning = this.#beginning;
    switch (verdict.is) {
      case 'item':
      case 'heading':
        beginning.kind = verdict.is;
        this.#start = rest.trimStart() === '' && rest.endsWith('\n') ? '\n' : rest.trimStart();
        return;
      case 'quote':
        beginning.quoted = true;
        this.#start = rest.replace(/^ +/, '');
        return;
      case 'ornament':
        beginning.marked = true;
        this.#start = rest.replace(/^ +/, '');
        return;
      case 'rule':
        this.#leaveOut(rest);
        return;
      case 'fence':
        this.#leaveOut('\n');
        this.next.feed(MARK.code);
        this.#start = '';
        this.#fence = { mark: verdict.fence[0]!, length: verdict.fence.length, line: '' };
        return;
      case 'row':
        beginning.kind = 'row';
        this.#beginText(rest);
        return;
      case 'text':
        this.#beginText(rest);
    }
  }

  /** Ends the sentence before, and leaves out the rest of this line. */
  #leaveOut(rest: string): void {
    if (this.#previous) this.next.feed(MARK.break);
    this.#previous = undefined;
    this.#beginLine();
    if (rest.endsWith('\n')) return;
    this.#start = undefined;
    this.#skipping = true;
  }

  #beginText(text: string): void {
    const { kind, quoted, marked } = this.#beginning;
    const previous = this.#previous;
    if (previous) {
      const apart = marked || kind !== 'plain' || quoted !== previous.quoted || endsSentence(previous, text);
      this.next.feed(apart ? MARK.break : MARK.gap);
    }
    // A paragraph within an item belongs to the item: both end as sentences.
    this.#line = { kind, quoted, columns: 0, last: '', trailingBlanks: 0 };
    this.#start = undefined;
    for (const character of text) this.feed(character);
  }

  #read(character: string): void {
    const line = this.#line!;
    if (character === '|' && line.kind === 'row' && line.last !== '\\') {
      line.last = character;
      this.next.feed(MARK.cell);
      return;
    }
    line.columns += isCjk(character.codePointAt(0)!) ? 2 : 1;
    if (character === ' ') line.trailingBlanks++;
    else {
      line.trailingBlanks = 0;
      line.last = character;
    }
    this.next.feed(character);
  }

  /** Left out, up to a line that is nothing but a fence at least as long as the one that opened. */
  #readCode(character: string): void {
    const fence = this.#fence!;
    if (character !== '\n') {
      // More than a fence and a few blanks is code, whatever it is.
      if (fence.line.length <= fence.length + 8 && (character !== ' ' || fence.line !== '')) fence.line += character;
      return;
    }
    const line = fence.line.trimEnd();
    const closes = line.length >= fence.length && line === fence.mark.repeat(line.length);
    if (closes) this.#fence = undefined;
    else fence.line = '';
  }
}

/** Whether a sentence ends between a line and the one that begins with `following`. */
function endsSentence(line: Line, following: string): boolean {
  if (line.kind === 'heading' || line.kind === 'row') return true;
  // Two blanks or a backslash before the line end are Markdown's line break.
  if (line.trailingBlanks >= 2 || line.last === '\\') return true;
  if (line.columns >= WRAP_COLUMNS || GOES_ON.test(line.last)) return false;
  return !LOWER.test(following[0] ?? '');
}
