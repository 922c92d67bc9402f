import { words } from '../../i18n';
import { server as english } from '../../i18n/en/server';
import { server as chinese } from '../../i18n/zh/server';

// They come with the panel: who never opens it does not load them.
words.addResourceBundle('en', 'server', english);
words.addResourceBundle('zh', 'server', chinese);
