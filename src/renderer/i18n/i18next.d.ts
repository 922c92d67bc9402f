import 'i18next';
import type { en } from './en';

/** English is the type: a key that it lacks does not compile. */
declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'common';
    keySeparator: false;
    resources: typeof en;
  }
}
