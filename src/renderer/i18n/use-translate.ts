import { useTranslation } from 'react-i18next';
import { type Translate, translate } from './translate';

/** The translator over all namespaces, for panels that have not moved to `useTranslation` yet. */
export function useTranslate(): Translate {
  // Renders anew when the language changes.
  useTranslation('common');
  return translate;
}
