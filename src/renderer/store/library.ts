import { create } from 'zustand';
import type { RecordingSummary } from '../../shared/protocol';
import type { Clip } from '../rtc/clips';
import type { RecordingsQuery } from '../rtc/recordings';

export interface Removal {
  /** `undoable` until the server is asked; then it cannot be had back. */
  state: 'undoable' | 'going';
}

/** The drawer of recordings and clips. */
export interface LibraryState extends RecordingsQuery {
  state: 'loading' | 'ready' | 'failed';
  /** Why there is no list; '' where the server said nothing. */
  problem: string;
  recordings: RecordingSummary[];
  /** On the server, of what was looked for; those that are not listed yet included. */
  total: number;
  /** Null where the server makes none, or has not told yet. */
  clips: Clip[] | null;
  /** Recordings and clips on their way out, by id. */
  removals: Record<string, Removal>;
  /** What went wrong with one of them. */
  faults: Record<string, string>;
}

type Patch = Partial<LibraryState>;

export const emptyLibrary: LibraryState = {
  query: '',
  sort: 'newest',
  state: 'loading',
  problem: '',
  recordings: [],
  total: 0,
  clips: null,
  removals: {},
  faults: {},
};

export const useLibrary = create<LibraryState>(() => emptyLibrary);

export function applyLibrary<A extends unknown[]>(
  reducer: (state: LibraryState, ...args: A) => Patch,
  ...args: A
): void {
  useLibrary.setState((state) => reducer(state, ...args));
}

/** A page of the list. Pages may overlap: what was recorded meanwhile pushes everything on by one. */
export function listed(
  state: LibraryState,
  { recordings, total }: Pick<LibraryState, 'recordings' | 'total'>,
  offset: number,
): Patch {
  const before = offset === 0 ? [] : state.recordings.filter((one) => !recordings.some(({ id }) => id === one.id));
  return { state: 'ready', problem: '', recordings: [...before, ...recordings], total };
}

/** A list that is there already stays: an old one is better than none. */
export function listFailed(state: LibraryState, problem: string): Patch {
  return { state: state.recordings.length > 0 ? 'ready' : 'failed', problem };
}

export function retitled(state: LibraryState, id: string, title: string): Patch {
  return {
    recordings: state.recordings.map((one) => (one.id === id ? { ...one, title } : one)),
    faults: without(state.faults, id),
  };
}

export function faulted(state: LibraryState, id: string, problem: string): Patch {
  return { faults: { ...state.faults, [id]: problem }, removals: without(state.removals, id) };
}

export function removing(state: LibraryState, id: string, removal: Removal): Patch {
  return { removals: { ...state.removals, [id]: removal }, faults: without(state.faults, id) };
}

/** Nothing while it is too late. */
export function kept(state: LibraryState, id: string): Patch {
  return state.removals[id]?.state === 'undoable' ? { removals: without(state.removals, id) } : {};
}

export function removed(state: LibraryState, id: string): Patch {
  const recordings = state.recordings.filter((one) => one.id !== id);
  const gone = state.recordings.length - recordings.length;
  return {
    recordings,
    total: state.total - gone,
    clips: state.clips?.filter((clip) => clip.id !== id) ?? null,
    removals: without(state.removals, id),
  };
}

/** It was cut off by a crash, and how long it is comes out only by reading it. */
export const isLookedThrough = ({ recovered, durationMs }: RecordingSummary): boolean =>
  recovered && durationMs === null;

/** Is any of them still to be made? Then the list is worth asking for again soon. */
export const isMakingClips = ({ clips }: Pick<LibraryState, 'clips'>): boolean =>
  clips?.some(({ state }) => state === 'queued' || state === 'running') ?? false;

function without<T>(map: Record<string, T>, id: string): Record<string, T> {
  const { [id]: _, ...rest } = map;
  return rest;
}
