import { create } from 'zustand';
import { type Language, preferredLanguage } from '../i18n/translate';

export type Theme = 'auto' | 'light' | 'dark';

export interface Preferences {
  language: Language;
  theme: Theme;
  figuresOpen: boolean;
}

const KEY = 'herald.preferences';

/** Reads what was stored, field by field: a damaged or older entry costs only the field that is wrong. */
export function parsePreferences(stored: string | null, languages: readonly string[]): Preferences {
  const found: Preferences = { language: preferredLanguage(languages), theme: 'auto', figuresOpen: true };
  type Stored = Partial<Record<keyof Preferences, unknown>> | null;
  let value: Stored = null;
  try {
    value = JSON.parse(stored ?? 'null') as Stored;
  } catch {
    // Not ours, or cut off: the defaults hold.
  }
  if (value === null || typeof value !== 'object') return found;
  if (value.language === 'en' || value.language === 'zh') found.language = value.language;
  if (value.theme === 'auto' || value.theme === 'light' || value.theme === 'dark') found.theme = value.theme;
  if (typeof value.figuresOpen === 'boolean') found.figuresOpen = value.figuresOpen;
  return found;
}

/** Storage may be missing (tests) or forbidden (private windows): then preferences last as long as the page. */
function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

const languages = typeof navigator === 'undefined' ? [] : (navigator.languages ?? []);

export const usePreferences = create<Preferences>(() => parsePreferences(stored(), languages));

usePreferences.subscribe((preferences) => {
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // As above.
  }
});

const THEMES: readonly Theme[] = ['auto', 'light', 'dark'];
export const nextTheme = (theme: Theme): Theme => THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto';
