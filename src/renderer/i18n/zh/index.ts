import { audio } from './audio';
import { chat } from './chat';
import { common } from './common';
import { library } from './library';
import { performances } from './performances';
import { script } from './script';
import { stage } from './stage';
import { voices } from './voices';

/** Every namespace; a new one is one line here. */
export const zh = { common, stage, chat, voices, performances, library, script, audio };
