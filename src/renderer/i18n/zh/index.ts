import { audio } from './audio';
import { chat } from './chat';
import { common } from './common';
import { desktop } from './desktop';
import { library } from './library';
import { performances } from './performances';
import { presenters } from './presenters';
import { script } from './script';
import { settings } from './settings';
import { stage } from './stage';
import { voices } from './voices';

/** Every namespace; a new one is one line here. */
export const zh = { common, stage, chat, voices, performances, presenters, library, script, audio, settings, desktop };
