import { en, type MessageKey } from './en';
import { zh } from './zh';

export type { MessageKey };
export type Language = 'en' | 'zh';
export type Values = Record<string, string | number>;
export type Translate = (key: MessageKey, values?: Values) => string;

export const dictionaries: Record<Language, Record<MessageKey, string>> = { en, zh };

/** The language tag for `<html lang>`: it also picks the right glyphs for Han characters. */
export const htmlLanguage: Record<Language, string> = { en: 'en', zh: 'zh-CN' };

/** Fills `{name}` placeholders; an unknown placeholder stays visible, so that a mistake shows. */
export function translate(language: Language, key: MessageKey, values: Values = {}): string {
  return dictionaries[language][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The first language of the reader that we have; English otherwise. */
export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const base = tag.toLowerCase().split('-')[0];
    if (base === 'zh' || base === 'en') return base;
  }
  return 'en';
}
