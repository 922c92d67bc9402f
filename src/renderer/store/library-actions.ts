import { type ClipWish, deleteClip, listClips, makeClip } from '../rtc/clips';
import { ApiError } from '../rtc/http';
import { deleteRecording, listRecordings, PAGE_SIZE, type RecordingsQuery, renameRecording } from '../rtc/recordings';
import { applyLibrary, faulted, kept, listed, listFailed, removed, removing, retitled, useLibrary } from './library';
import { useStudio } from './studio';

/** How long a deletion can be undone. */
const UNDO_MS = 8_000;

/** What the server said, or the little that is known. */
export const said = (error: unknown): string =>
  error instanceof ApiError ? error.message || (error.status ? `HTTP ${error.status}` : '') : String(error);

export function openLibrary(): void {
  useStudio.setState({ libraryOpen: true });
}

/** What was deleted is gone once nobody can see its undo any more. */
export function closeLibrary(): void {
  useStudio.setState({ libraryOpen: false });
  commitRemovals();
}

/** What one request may ask for. */
const LONGEST_PAGE = 200;

/** The list anew, as long as it was. */
export async function refreshLibrary(): Promise<void> {
  const { recordings } = useLibrary.getState();
  await load(0, Math.min(LONGEST_PAGE, Math.max(PAGE_SIZE, recordings.length)));
}

export const loadMore = (): Promise<void> => load(useLibrary.getState().recordings.length);

/** Another search, or another order; the list that is there stays until the answer comes. */
export async function searchLibrary(wanted: Partial<RecordingsQuery>): Promise<void> {
  useLibrary.setState(wanted);
  await load(0);
}

async function load(offset: number, limit?: number): Promise<void> {
  const { query, sort } = useLibrary.getState();
  // An answer to what is not asked any more is none.
  const isCurrent = () => {
    const now = useLibrary.getState();
    return now.query === query && now.sort === sort;
  };
  try {
    const page = await listRecordings({ query: query.trim(), sort }, offset, limit);
    if (isCurrent()) applyLibrary(listed, page, offset);
  } catch (error) {
    if (isCurrent()) applyLibrary(listFailed, said(error));
  }
}

export async function rename(id: string, title: string): Promise<void> {
  const before = useLibrary.getState().recordings.find((one) => one.id === id)?.title;
  const wanted = title.trim();
  if (before === undefined || wanted === '' || wanted === before) return;
  applyLibrary(retitled, id, wanted);
  try {
    await renameRecording(id, wanted);
  } catch (error) {
    applyLibrary(retitled, id, before);
    applyLibrary(faulted, id, said(error));
  }
}

/** The clips, if this server makes any. */
export async function refreshClips(): Promise<void> {
  const clips = await listClips().catch(() => useLibrary.getState().clips);
  useLibrary.setState({ clips });
}

/** Why it cannot be made, in the server's words; null when it is on its way. */
export async function addClip(wish: ClipWish): Promise<string | null> {
  try {
    await makeClip(wish);
    await refreshClips();
    return null;
  } catch (error) {
    return said(error);
  }
}

/** One that is still to be made is given up at once: there is nothing to think better of. */
export async function cancelClip(id: string): Promise<void> {
  applyLibrary(removing, id, { state: 'going' });
  await erase(id, deleteClip);
}

type Eraser = (id: string) => Promise<unknown>;
const timers = new Map<string, { timer: ReturnType<typeof setTimeout>; eraser: Eraser }>();

/** Deletes it in a moment, unless somebody thinks better of it. */
export function remove(id: string, eraser: Eraser): void {
  applyLibrary(removing, id, { state: 'undoable' });
  clearTimeout(timers.get(id)?.timer);
  timers.set(id, { timer: setTimeout(() => void commit(id), UNDO_MS), eraser });
}

export const removeRecording = (id: string): void => remove(id, deleteRecording);
export const removeClip = (id: string): void => remove(id, deleteClip);

export function undoRemove(id: string): void {
  clearTimeout(timers.get(id)?.timer);
  timers.delete(id);
  applyLibrary(kept, id);
}

export function commitRemovals(): void {
  for (const id of [...timers.keys()]) void commit(id);
}

async function commit(id: string): Promise<void> {
  const waiting = timers.get(id);
  if (!waiting) return;
  clearTimeout(waiting.timer);
  timers.delete(id);
  applyLibrary(removing, id, { state: 'going' });
  await erase(id, waiting.eraser);
}

async function erase(id: string, eraser: Eraser): Promise<void> {
  try {
    await eraser(id);
    applyLibrary(removed, id);
  } catch (error) {
    // Somebody else was faster: it is gone all the same.
    if (error instanceof ApiError && error.status === 404) applyLibrary(removed, id);
    else applyLibrary(faulted, id, said(error));
  }
}
