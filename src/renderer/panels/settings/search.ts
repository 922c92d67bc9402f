import type { SettingName } from '../../../shared/settings';
import type { SettingRow } from '../../../shared/settings-protocol';
import type { Language } from '../../i18n/language';
import { CHINESE, SETTING_WORDS } from './setting-words';

export interface Described {
  label: string;
  help: string;
}

/** What a setting is called and does. One that has no words here yet goes by its name, in the server's words. */
export function describe({ name, help }: Pick<SettingRow, 'name' | 'help'>, language: Language): Described {
  const words = SETTING_WORDS[name as SettingName];
  if (!words) return { label: name, help: sentence(help) };
  return language === 'zh' ? { label: words.zh[0], help: words.zh[1] } : { label: words.en, help: sentence(help) };
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** A unit or a worked-out default, in the reader's language. */
export const inWords = (text: string, language: Language): string =>
  language === 'zh' ? (CHINESE[text] ?? text) : text;

/** Settings in which every word of the query occurs: in the name, the label, the help, or the choices, in either language. */
export function findSettings(rows: readonly SettingRow[], query: string): SettingRow[] {
  const wanted = fold(query).split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    const words = SETTING_WORDS[row.name as SettingName];
    const text = fold([row.name, row.env, row.help, words?.en, ...(words?.zh ?? []), ...(row.choices ?? [])].join(' '));
    return wanted.every((word) => text.includes(word));
  });
}

/** `--max-session`, `max_session` and "max session" are one. */
const fold = (text: string) => text.toLowerCase().replace(/[-_]+/g, ' ');
