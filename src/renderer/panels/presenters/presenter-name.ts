import type { AvatarSummary } from '../../../shared/protocol';
import type { Language } from '../../i18n/language';

/** What a presenter is called in the reader's language, else in English, else in any. */
export const presenterName = ({ name, id }: Pick<AvatarSummary, 'name' | 'id'>, language: Language): string =>
  name[language] ?? name.en ?? Object.values(name)[0] ?? id;
