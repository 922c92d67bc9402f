import { create } from 'zustand';
import { NO_FIGURES } from '../rtc/stats';
import type { StudioState } from './state';

export const initialState: StudioState = {
  connection: { phase: 'offline', sessionId: null, attempt: 0, retryAtMs: null },
  speakingTurn: null,
  caption: null,
  lines: [],
  audiotype: 0,
  act: null,
  taping: null,
  tapeProblem: null,
  session: null,
  avatars: null,
  libraryOpen: false,
  sideTab: 'chat',
  keysOpen: false,
  draft: '',
  modelOpen: false,
  latencyMs: null,
  latency: null,
  voices: null,
  voice: null,
  model: null,
  figures: NO_FIGURES,
  upload: null,
  sound: 'on',
  volume: 1,
};

/** Everything the page shows. Media never passes through here: no render happens per picture. */
export const useStudio = create<StudioState>(() => initialState);

/** Applies a reducer of `reducers.ts`. */
export function apply<A extends unknown[]>(
  reducer: (state: StudioState, ...args: A) => Partial<StudioState>,
  ...args: A
): void {
  useStudio.setState((state) => reducer(state, ...args));
}

let lastId = 0;
/** Ids for lines of this page. */
export const nextId = (): number => ++lastId;
