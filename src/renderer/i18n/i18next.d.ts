import 'i18next';
import type { en } from './en';
import type { server } from './en/server';

/** English is the type: a key that it lacks does not compile. */
declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'common';
    keySeparator: false;
    // `server` comes with its panel, not with the page.
    resources: typeof en & { server: typeof server };
  }
}
