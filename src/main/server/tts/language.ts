import { type Script, splitByScript } from './scripts';

export interface LanguageGuess {
  /** ISO 639-1, and `yue` for written Cantonese; undefined for a text without letters. */
  language: string | undefined;
  /** It holds several languages beside Latin letters, which voices of any language read along. */
  mixed: boolean;
}

/** The most spoken language of each script: all that the letters alone can tell. */
const LANGUAGES: Partial<Record<Script, string>> = {
  Latin: 'en',
  Han: 'zh',
  Kana: 'ja',
  Hangul: 'ko',
  Cyrillic: 'ru',
  Greek: 'el',
  Arabic: 'ar',
  Hebrew: 'he',
  Devanagari: 'hi',
  Bengali: 'bn',
  Tamil: 'ta',
  Telugu: 'te',
  Thai: 'th',
};

/** Characters of everyday Cantonese that Mandarin does not write. One may be a name or a quotation; two are a language. */
const CANTONESE = /[嘅咗冇喺嘢啲佢哋嚟咁嗰]/gu;
const CANTONESE_CHARACTERS = 2;

/** Which language a sentence is in, as far as its letters tell. Kanji beside kana are Japanese; hanzi alone are Chinese. */
export function guessLanguage(text: string): LanguageGuess {
  const letters = new Map<string, number>();
  for (const { script, text: run } of splitByScript(text)) {
    const language = LANGUAGES[script] ?? 'other';
    const count = run.match(/\p{L}/gu)?.length ?? 0;
    if (count > 0) letters.set(language, (letters.get(language) ?? 0) + count);
  }
  const kana = letters.get('ja');
  if (kana !== undefined) {
    letters.set('ja', kana + (letters.get('zh') ?? 0));
    letters.delete('zh');
  }
  if (letters.size > 1) letters.delete('en');
  const [most] = [...letters].sort(([, a], [, b]) => b - a);
  const language = most?.[0] === 'other' ? undefined : most?.[0];
  const cantonese = language === 'zh' && (text.match(CANTONESE)?.length ?? 0) >= CANTONESE_CHARACTERS;
  return { language: cantonese ? 'yue' : language, mixed: letters.size > 1 };
}
