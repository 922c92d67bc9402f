/** Whether a character is written without blanks between words in the East Asian way: hanzi, kana, hangul, full-width forms. */
export const isCjk = (codePoint: number): boolean =>
  (codePoint >= 0x2e80 && codePoint <= 0x9fff) ||
  (codePoint >= 0xac00 && codePoint <= 0xd7af) ||
  (codePoint >= 0xf900 && codePoint <= 0xfaff) ||
  (codePoint >= 0xff00 && codePoint <= 0xffef) ||
  (codePoint >= 0x20000 && codePoint <= 0x3ffff);

/** As `isCjk`, for the first character of a text; false for ''. */
export const startsCjk = (text: string): boolean => text !== '' && isCjk(text.codePointAt(0)!);

export type Script = 'latin' | 'han' | 'kana' | 'hangul' | 'cyrillic' | 'devanagari' | 'arabic';

const SCRIPTS: readonly [Script, RegExp][] = [
  ['latin', /\p{Script=Latin}/u],
  ['han', /\p{Script=Han}/u],
  ['kana', /[\p{Script=Hiragana}\p{Script=Katakana}]/u],
  ['hangul', /\p{Script=Hangul}/u],
  ['cyrillic', /\p{Script=Cyrillic}/u],
  ['devanagari', /\p{Script=Devanagari}/u],
  ['arabic', /\p{Script=Arabic}/u],
];

/** The script of a letter, undefined for what belongs to none of these (digits, punctuation). */
export const scriptOf = (character: string): Script | undefined =>
  SCRIPTS.find(([, letters]) => letters.test(character))?.[0];

const STOPS: Partial<Record<Script, string>> = { han: '。', kana: '。', devanagari: '।' };

/** The full stop of a script. */
export const stopOf = (script: Script | undefined): string => (script && STOPS[script]) || '.';

/** The comma of a script with the blank that follows it. */
export const commaOf = (script: Script | undefined): string => {
  if (script === 'han') return '，';
  if (script === 'kana') return '、';
  return script === 'arabic' ? '، ' : ', ';
};
