import { createRoot } from 'react-dom/client';
import { App } from './app';
import { htmlLanguage } from './i18n/translate';
import { connection } from './rtc/connection';
import { commitRemovals } from './store/library-actions';
import { type Preferences, usePreferences } from './store/preferences';
import { learnAvatars } from './store/studio-actions';
import './styles/tokens.css';
import './styles/base.css';
import './styles/layout.css';
import './styles/stage.css';
import './styles/side.css';
import './styles/conversation.css';
import './styles/voices.css';
import './styles/menus.css';
import './styles/recording.css';
import './styles/library.css';
import './styles/overlays.css';

const root = document.documentElement;

/** Language and theme are attributes of the document: CSS and screen readers follow them. */
function dress({ language, theme }: Preferences): void {
  root.lang = htmlLanguage[language];
  if (theme === 'auto') delete root.dataset.theme;
  else root.dataset.theme = theme;
}
dress(usePreferences.getState());
usePreferences.subscribe(dress);

createRoot(document.getElementById('root') as HTMLElement).render(<App />);

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
