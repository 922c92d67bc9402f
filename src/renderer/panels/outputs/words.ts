import { words } from '../../i18n';
import { outputs as english } from '../../i18n/en/outputs';
import { outputs as chinese } from '../../i18n/zh/outputs';

// They come with the panel that shows outputs: who never opens it does not load them.
words.addResourceBundle('en', 'outputs', english);
words.addResourceBundle('zh', 'outputs', chinese);
