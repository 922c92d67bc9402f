import { type Cue, cuesOf } from '../recordings/subtitles';
import type { Sentence } from './director';

/** What is said in a clip, as subtitles. */
export const subtitlesOf = (sentences: readonly Sentence[]): Cue[] =>
  cuesOf([{ turn: 0, kind: 'echo', sentences: [...sentences] }]);
