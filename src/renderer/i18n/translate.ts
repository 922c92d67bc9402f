import { words } from '.';
import type { en } from './en';

export { htmlLanguage, type Language } from './language';
export type Values = Record<string, string | number>;

type Namespaces = typeof en;
/** Any key of any namespace; no two namespaces share one. */
export type MessageKey = { [N in keyof Namespaces]: keyof Namespaces[N] }[keyof Namespaces] & string;
export type Translate = (key: MessageKey, values?: Values) => string;

/** For what is not a component: messages of the store. Looks through all namespaces. */
export const translate: Translate = (key, values = {}) =>
  // The types want one namespace; the keys of all of them are known to be different (a test holds that).
  (words.t as (key: string, options: object) => string)(key, {
    ...values,
    ns: Object.keys(words.getDataByLanguage('en') ?? {}),
  });
