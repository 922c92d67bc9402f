import 'i18next';
import type { en } from './en';
import type { outputs } from './en/outputs';
import type { server } from './en/server';

/** English is the type: a key that it lacks does not compile. */
declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'common';
    keySeparator: false;
    // `server` and `outputs` come with their panel, not with the page.
    resources: typeof en & { server: typeof server; outputs: typeof outputs };
  }
}
