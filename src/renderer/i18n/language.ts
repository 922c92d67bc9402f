export type Language = 'en' | 'zh';

/** The language tag for `<html lang>`: it also picks the right glyphs for Han characters. */
export const htmlLanguage: Record<Language, string> = { en: 'en', zh: 'zh-CN' };

/** The first language of the reader that we have; English otherwise. */
export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const base = tag.toLowerCase().split('-')[0];
    if (base === 'zh' || base === 'en') return base;
  }
  return 'en';
}
