import { isCjk, startsCjk } from './script';
import { HoldingStage, isMark } from './stage';

const SCHEMES = ['https://', 'http://', 'ftp://', 'www.'];
const LONGEST_SCHEME = 8;
/** An address does not begin within a word of letters that has blanks around it. */
const WORD = /[\p{L}\p{N}_@./-]/u;
const HOST = /[\p{L}\p{N}.:@%_~-]/u;
const MAX_HOST = 253;
/** Belongs to the sentence when the address ends behind it. */
const TRAILING = /[.,;:!?'*_\]]/;
const MAX_TRAILING = 8;
const NOT_IN_ADDRESS = /[\s<>"`{}|\\^]/;

/** Whether a character may stand in an address. People write hanzi right behind one, so hanzi end it. */
const inAddress = (character: string): boolean => {
  const codePoint = character.codePointAt(0)!;
  if (codePoint < 0x80) return codePoint > 0x20 && !NOT_IN_ADDRESS.test(character);
  return !isCjk(codePoint) && /[\p{L}\p{N}]/u.test(character);
};

/** Of an address only the host is worth hearing: "https://www.example.com/a?b=c" is said as "example.com". */
export class Urls extends HoldingStage {
  #where: 'text' | 'host' | 'path' = 'text';
  #before = '';
  #scheme = '';
  #host = '';
  /** Punctuation that may end the sentence rather than belong to the address. */
  #trailing = '';
  #brackets = 0;

  override get waiting(): number {
    return super.waiting + this.#host.length + this.#trailing.length;
  }

  protected reset(): void {
    this.#finish();
    this.#before = '';
  }

  protected step(held: string, final: boolean): number {
    const character = String.fromCodePoint(held.codePointAt(0)!);
    if (this.#where === 'host') return this.#readHost(character);
    if (this.#where === 'path') return this.#readPath(character);

    if (!WORD.test(this.#before) || startsCjk(this.#before)) {
      const start = held.slice(0, LONGEST_SCHEME).toLowerCase();
      const scheme = SCHEMES.find((known) => start.startsWith(known));
      if (scheme) {
        this.#where = 'host';
        this.#scheme = held.slice(0, scheme.length);
        return scheme.length;
      }
      if (!final && SCHEMES.some((known) => known.startsWith(start))) return 0;
    }
    this.#before = character;
    this.emit(character);
    return character.length;
  }

  #readHost(character: string): number {
    const codePoint = character.codePointAt(0)!;
    if (HOST.test(character) && !isCjk(codePoint) && this.#host.length < MAX_HOST) {
      this.#host += character;
      return character.length;
    }
    const name = this.#host.replace(/[.:_~-]+$/, '');
    if (name === '' || !inAddress(character) || !/[/?#]/.test(character)) {
      this.#finish();
      return this.step(character, true);
    }
    this.#trailing = '';
    this.#sayHost(name);
    this.#where = 'path';
    return character.length;
  }

  #readPath(character: string): number {
    const closes = character === ')' && this.#brackets === 0;
    if (isMark(character) || !inAddress(character) || closes) {
      this.#finish();
      return this.step(character, true);
    }
    if (character === '(') this.#brackets++;
    else if (character === ')') this.#brackets--;
    if (!TRAILING.test(character)) this.#trailing = '';
    else if (this.#trailing.length < MAX_TRAILING) this.#trailing += character;
    return character.length;
  }

  #sayHost(name: string): void {
    const host = name
      .slice(name.lastIndexOf('@') + 1)
      .replace(/:\d*$/, '')
      .replace(/^www\./i, '');
    this.emit(host);
    this.#host = '';
    this.#scheme = '';
  }

  /** The address, if one is being read, ends here. */
  #finish(): void {
    if (this.#where === 'host') {
      const name = this.#host.replace(/[.:_~-]+$/, '');
      const rest = this.#host.slice(name.length);
      if (name === '') this.emit(this.#scheme + rest);
      else {
        this.#sayHost(name);
        this.emit(rest);
      }
    }
    this.emit(this.#trailing);
    this.#host = this.#scheme = this.#trailing = '';
    this.#brackets = 0;
    // Whatever stands behind an address is not the beginning of another word.
    this.#before = '';
    this.#where = 'text';
  }
}
