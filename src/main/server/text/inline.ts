import { keepsEmphasisMark } from './emphasis';
import { decodeEntity, tagKind } from './html';
import { HoldingStage, isMark, MARK } from './stage';

/** A tag, a comment or the address of a link is waited for to here; then it was something else. */
const MAX_HELD = 256;
/** Longer runs of marks ("********") are decoration and decided without what follows. */
const MAX_RUN = 16;

const ASCII_PUNCTUATION = /[!-/:-@[-`{-~]/;
const INDEXED = /[A-Za-z0-9_)\]]/;
const BEFORE_IMAGE = /[\s([|]|^$/;

/** [1], [2,3], [4-6], [^note] */
const CITATION = /^\[(?:\d{1,3}(?:[,，–-]\d{1,3}){0,5}|\^[\w-]{1,24})\]/;
const CITATION_BEGUN = /^\[(?:[\d,，–-]{0,24}|\^[\w-]{0,24})$/;
/** 【1†source】, 【12:3†report.pdf】 */
const SOURCE = /^【\d+(?:[:,–-]\d+)*(?:†[^】]{0,80})?】/;
const SOURCE_BEGUN = /^【(?:\d[^】]{0,90})?$/;
/** The (address "title") of a link; the address may hold balanced brackets. */
const TARGET = /^\(\s*(?:<[^<>]*>|[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)/;
const TARGET_BEGUN = /^\(\s*(?:<[^<>]*|\S*|\S+\s+(?:["'].*)?)$/s;
const REFERENCE = /^\[[^\]\s]{0,40}\]/;
const REFERENCE_BEGUN = /^\[[^\]\s]{0,40}$/;
const TAG = /^<\/?([A-Za-z][A-Za-z0-9]*)(?:\s[^<>]*)?\/?>/;
const TAG_NAME = /^<\/?([A-Za-z][A-Za-z0-9]*)[\s/>]/;
const TAG_BEGUN = /^<(?:\/?[A-Za-z][^<>]*|\/|!-?|!--.*)?$/s;
const COMMENT = /^<!--.*?-->/s;
const AUTOLINK = /^<(?:mailto:)?([A-Za-z][A-Za-z+.-]*:\/\/[^\s<>]+|[^\s<>@]+@[^\s<>@]+)>/;
const AUTOLINK_BEGUN = /^<[A-Za-z][^\s<>]*$/;
const ENTITY = /^&(#\d{1,7}|#[xX][\dA-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,8});/;
const ENTITY_BEGUN = /^&(?:#\d{0,7}|#[xX][\dA-Fa-f]{0,6}|[A-Za-z][A-Za-z0-9]{0,8})?$/;

/**
 * What stands within a line: emphasis, links, images, inline code, citations, HTML, entities and the delimiters of
 * mathematics. Marks go, words stay. A mark whose partner never comes is left out just the same: nobody wants to hear
 * "asterisk", and so no text has to be held back until its partner is found.
 */
export class Inline extends HoldingStage {
  /** Character before the one to judge, as it was written; '' at the start of a sentence. */
  #before = '';
  /** Length of the run of backticks that opened the code being read; 0 = none. */
  #code = 0;
  #math = false;
  #starOpen = false;
  #openBrackets = 0;
  /** What was just closed with "]": an address may follow it. */
  #closed: 'text' | 'citation' | undefined;
  /** Leaving out an address too long to wait for. */
  #inTarget = false;

  protected reset(): void {
    this.#before = '';
    this.#code = this.#openBrackets = 0;
    this.#math = this.#starOpen = this.#inTarget = false;
    this.#closed = undefined;
  }

  protected step(held: string, final: boolean): number {
    const character = String.fromCodePoint(held.codePointAt(0)!);
    if (isMark(character) && character !== MARK.gap) {
      this.reset();
      this.emit(character);
      return 1;
    }
    const closed = this.#closed;
    const more = !final && held.length < MAX_HELD;
    const taken = this.#inTarget ? this.#leaveTarget(character) : this.#judge(held, character, final, more);
    if (taken > 0) {
      // "]" counts only for the character right behind it.
      if (this.#closed === closed) this.#closed = undefined;
      this.#before = held.slice(0, taken).at(-1)!;
      // Low surrogates are never asked about; keep whole characters.
      if (taken === character.length) this.#before = character;
    }
    return taken;
  }

  #judge(held: string, character: string, final: boolean, more: boolean): number {
    if (character === '`') return this.#backticks(held, final);
    if (this.#code > 0) return this.#say(character);
    switch (character) {
      case '\\':
        return this.#backslash(held, final);
      case '*':
      case '_':
      case '~':
        return this.#emphasis(held, character, final);
      case '!':
        return this.#exclamation(held, final);
      case '[':
        return this.#openBracket(held, more);
      case ']':
        return this.#closeBracket();
      case '(':
        return this.#closed ? this.#target(held, more) : this.#say(character);
      case ':':
        // "[1]: https://example.com" defines what [1] is; the colon alone would be left.
        return this.#closed === 'citation' ? 1 : this.#say(character);
      case '【':
        return this.#drop(held, SOURCE, SOURCE_BEGUN, more, MARK.gap) ?? this.#say(character);
      case '<':
        return this.#angle(held, more);
      case '&':
        return this.#entity(held, more);
      case '$':
        return this.#dollar(held, final);
      case '{':
      case '}':
        if (!this.#math) return this.#say(character);
        this.emit(MARK.gap);
        return 1;
      default:
        return this.#say(character);
    }
  }

  #say(character: string): number {
    this.emit(character);
    return character.length;
  }

  /** Leaves out what `whole` matches and says `instead`; 0 while it may still come; undefined when it is something else. */
  #drop(held: string, whole: RegExp, begun: RegExp, more: boolean, instead = ''): number | undefined {
    const match = whole.exec(held);
    if (match) {
      this.emit(instead);
      return match[0].length;
    }
    return more && begun.test(held) ? 0 : undefined;
  }

  #backticks(held: string, final: boolean): number {
    const run = /^`+/.exec(held)![0].length;
    if (run === held.length && run < MAX_RUN && !final) return 0;
    if (this.#code === 0) this.#code = run;
    else if (this.#code === run) this.#code = 0;
    return run;
  }

  #backslash(held: string, final: boolean): number {
    const escaped = held[1];
    if (escaped === undefined) return final ? 1 : 0;
    if (/[()[\]]/.test(escaped)) {
      this.#math = /[([]/.test(escaped);
      return 2;
    }
    if (ASCII_PUNCTUATION.test(escaped)) {
      this.emit(escaped);
      return 2;
    }
    if (isMark(escaped)) return 1;
    // Most TeX commands are the words people say: \times, \alpha, \pi.
    this.emit(this.#math ? MARK.gap : '\\');
    return 1;
  }

  #emphasis(held: string, mark: string, final: boolean): number {
    let run = 1;
    while (held[run] === mark) run++;
    if (run === held.length && run < MAX_RUN && !final) return 0;
    const following = held.codePointAt(run);
    const after = following === undefined ? '' : String.fromCodePoint(following);
    if (keepsEmphasisMark({ mark, run, before: this.#before, after, open: this.#starOpen })) {
      this.emit(mark.repeat(run));
    } else if (mark === '*' && run === 1) this.#starOpen = !this.#starOpen && /\S/.test(after);
    return run;
  }

  #exclamation(held: string, final: boolean): number {
    if (held.length === 1 && !final) return 0;
    // "![alt](url)" is an image, "Wow![1]" is not.
    if (held[1] === '[' && BEFORE_IMAGE.test(this.#before)) return 1;
    return this.#say('!');
  }

  #openBracket(held: string, more: boolean): number {
    const cited = this.#drop(held, CITATION, CITATION_BEGUN, more, MARK.gap);
    if (cited !== undefined) {
      if (cited > 0) this.#closed = 'citation';
      return cited;
    }
    if (this.#closed === 'text') {
      const reference = this.#drop(held, REFERENCE, REFERENCE_BEGUN, more);
      if (reference !== undefined) return reference;
    }
    if (INDEXED.test(this.#before)) return this.#say('[');
    this.#openBrackets++;
    return 1;
  }

  #closeBracket(): number {
    if (this.#openBrackets === 0) return this.#say(']');
    this.#openBrackets--;
    this.#closed = 'text';
    return 1;
  }

  #target(held: string, more: boolean): number {
    const taken = this.#drop(held, TARGET, TARGET_BEGUN, more);
    if (taken !== undefined) return taken;
    if (held.length < MAX_HELD || /\s/.test(held)) return this.#say('(');
    this.#inTarget = true;
    return held.length;
  }

  #leaveTarget(character: string): number {
    if (character === ')') this.#inTarget = false;
    else if (/\s/.test(character) || character === MARK.gap) {
      this.#inTarget = false;
      this.emit(character);
    }
    return character.length;
  }

  #angle(held: string, more: boolean): number {
    const link = AUTOLINK.exec(held);
    if (link) {
      this.emit(link[1]!);
      return link[0].length;
    }
    const tag = TAG.exec(held);
    const kind = tag ? tagKind(tag[1]!) : undefined;
    if (tag && kind) {
      if (kind === 'block') this.emit(tag[1]!.toLowerCase() === 'td' ? MARK.cell : MARK.break);
      return tag[0].length;
    }
    const comment = COMMENT.exec(held);
    if (comment) return comment[0].length;
    const name = TAG_NAME.exec(held)?.[1];
    const known = name === undefined || tagKind(name) !== undefined || AUTOLINK_BEGUN.test(held);
    return more && known && TAG_BEGUN.test(held) ? 0 : this.#say('<');
  }

  #entity(held: string, more: boolean): number {
    const match = ENTITY.exec(held);
    const decoded = match ? decodeEntity(match[1]!) : undefined;
    if (match && decoded !== undefined) {
      this.emit(decoded);
      return match[0].length;
    }
    return more && ENTITY_BEGUN.test(held) ? 0 : this.#say('&');
  }

  /** "$x^2$" is mathematics, "$5" and "100$" are money. */
  #dollar(held: string, final: boolean): number {
    const after = held[1];
    if (after === undefined && !final) return 0;
    if (after === '$') {
      this.#math = !this.#math;
      return 2;
    }
    if (this.#math && !/\d/.test(after ?? '')) {
      this.#math = false;
      return 1;
    }
    if (after === undefined || /[\s\d]/.test(after) || isMark(after) || /\d/.test(this.#before)) return this.#say('$');
    if (/[\p{L}\\({|+-]/u.test(after)) {
      this.#math = true;
      return 1;
    }
    return this.#say('$');
  }
}
