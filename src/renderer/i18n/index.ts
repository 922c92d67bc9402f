import i18next, { type i18n } from 'i18next';
import { initReactI18next } from 'react-i18next';
import { usePreferences } from '../store/preferences';
import { en } from './en';
import type { Language } from './language';
import { zh } from './zh';

export const NAMESPACES = Object.keys(en) as (keyof typeof en)[];

/** The page's words. Both languages are on board: switching shows the other one at once. */
export const words: i18n = i18next.createInstance();

void words.use(initReactI18next).init({
  resources: { en, zh },
  lng: usePreferences.getState().language,
  fallbackLng: 'en' satisfies Language,
  ns: NAMESPACES,
  defaultNS: 'common',
  // Keys hold dots of their own (`said.state.sending`): a namespace is a flat list.
  keySeparator: false,
  // React writes text, never HTML.
  interpolation: { escapeValue: false },
  // The words are here already: nothing to wait for.
  initAsync: false,
});

usePreferences.subscribe(({ language }, before) => {
  if (language !== before.language) void words.changeLanguage(language);
});
