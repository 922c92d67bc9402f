import { create } from 'zustand';
import { type Language, preferredLanguage } from '../i18n/language';
import { type ChosenVoice, SPEED_MAX, SPEED_MIN } from './voices';

export type Theme = 'auto' | 'light' | 'dark';

/** What Enter does: the presenter says the words, or answers them. */
export type Manner = 'echo' | 'chat';

export interface Preferences {
  language: Language;
  theme: Theme;
  figuresOpen: boolean;
  manner: Manner;
  /** Null is automatic. */
  voice: ChosenVoice | null;
  /** Who appears; null is whom the server prefers. */
  avatar: string | null;
  /** 1 = the voice's own. */
  speed: number;
}

const KEY = 'herald.preferences';

/** Reads what was stored, field by field: a damaged or older entry costs only the field that is wrong. */
export function parsePreferences(stored: string | null, languages: readonly string[]): Preferences {
  const found: Preferences = {
    language: preferredLanguage(languages),
    theme: 'auto',
    figuresOpen: false,
    manner: 'echo',
    voice: null,
    avatar: null,
    speed: 1,
  };
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
  if (value.manner === 'echo' || value.manner === 'chat') found.manner = value.manner;
  if (isChosenVoice(value.voice)) found.voice = value.voice;
  if (typeof value.avatar === 'string' && value.avatar !== '') found.avatar = value.avatar;
  if (typeof value.speed === 'number' && value.speed >= SPEED_MIN && value.speed <= SPEED_MAX)
    found.speed = value.speed;
  return found;
}

function isChosenVoice(value: unknown): value is ChosenVoice {
  if (value === null || typeof value !== 'object') return false;
  const { engine, id, name } = value as Partial<Record<keyof ChosenVoice, unknown>>;
  return [engine, id, name].every((field) => typeof field === 'string' && field !== '');
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

export const otherManner = (manner: Manner): Manner => (manner === 'echo' ? 'chat' : 'echo');
