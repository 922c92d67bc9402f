import { useCallback } from 'react';
import { usePreferences } from '../store/preferences';
import { type Translate, translate } from './translate';

/** The translator of the language in use; components re-render when it changes. */
export function useTranslate(): Translate {
  const language = usePreferences((s) => s.language);
  return useCallback<Translate>((key, values) => translate(language, key, values), [language]);
}
