import './styles/tokens.css';
import '@mantine/core/styles.layer.css';
import '@mantine/notifications/styles.layer.css';
import './styles/base.css';
import './styles/layout.css';
import './styles/stage.css';
import './styles/side.css';
import './styles/conversation.css';
import './styles/overlays.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { createRoot } from 'react-dom/client';
import { App } from './app';
import { preferredScheme } from './components/color-scheme';
import './i18n';
import { htmlLanguage } from './i18n/language';
import { connection } from './rtc/connection';
import { keepHistory } from './store/history';
import { commitRemovals } from './store/library-actions';
import { type Preferences, usePreferences } from './store/preferences';
import { learnAvatars } from './store/studio-actions';
import { cssVariables, theme } from './theme';

/** The language is an attribute of the document: glyphs and screen readers follow it. */
const speak = ({ language }: Preferences): void => {
  document.documentElement.lang = htmlLanguage[language];
};
speak(usePreferences.getState());
usePreferences.subscribe(speak);

keepHistory();

createRoot(document.getElementById('root') as HTMLElement).render(
  <MantineProvider
    theme={theme}
    cssVariablesResolver={cssVariables}
    colorSchemeManager={preferredScheme()}
    defaultColorScheme="auto"
  >
    <Notifications position="top-right" limit={4} zIndex={1_000} />
    <App />
  </MantineProvider>,
);

connection.connect();
void learnAvatars();
addEventListener('pagehide', () => {
  commitRemovals();
  connection.leave();
});
// A page that comes back from the browser's memory has no connection any more.
addEventListener('pageshow', (event) => event.persisted && connection.connect());
// The network is back, or somebody looks again: no reason to wait for the back-off.
addEventListener('online', () => connection.retryNow());
document.addEventListener('visibilitychange', () => document.hidden || connection.retryNow());
