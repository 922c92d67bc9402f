import type { Script } from './script';

/** Said in place of a block of code, which nobody wants to hear read out; in the language that the script suggests. */
const NOTES: Partial<Record<Script, string>> = {
  han: '这里有一段代码。',
  kana: 'ここにコードがあります。',
  hangul: '여기에 코드가 있습니다.',
  cyrillic: 'Здесь приведён код.',
  devanagari: 'यहाँ कुछ कोड है।',
  arabic: 'هنا بعض الشيفرة البرمجية.',
};

export const codeNote = (script: Script | undefined): string => (script && NOTES[script]) || 'Here is some code.';
