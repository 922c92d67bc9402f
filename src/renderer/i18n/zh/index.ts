import { chat } from './chat';
import { common } from './common';
import { library } from './library';
import { performances } from './performances';
import { stage } from './stage';
import { voices } from './voices';

/** Every namespace; a new one is one line here. */
export const zh = { common, stage, chat, voices, performances, library };
