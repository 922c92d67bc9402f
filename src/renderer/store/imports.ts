import { create } from 'zustand';
import type { ImportKind, ImportView } from '../../shared/library-protocol';
import type { Picked, PickProblem } from './import-files';

/** An import of this page whose bytes are still on their way, or did not get there. */
export interface Upload {
  id: number;
  picked: Picked;
  /** 0..1 of the bytes; at 1 the server has all and has not answered yet. */
  fraction: number;
  /** Why it was not taken; '' where nobody said. Null while it is on its way. */
  problem: string | null;
}

export interface ImportsState {
  uploads: Upload[];
  /** As the server tells them: its own jobs, newest first. */
  imports: ImportView[];
  /** Why what was chosen last cannot be imported, beside the buttons that it was chosen with. */
  refused: { kind: ImportKind; problem: PickProblem } | null;
}

type Patch = Partial<ImportsState>;

export const noImports: ImportsState = { uploads: [], imports: [], refused: null };
export const useImports = create<ImportsState>(() => noImports);

export function applyImports<A extends unknown[]>(
  reducer: (state: ImportsState, ...args: A) => Patch,
  ...args: A
): void {
  useImports.setState((state) => reducer(state, ...args));
}

export function uploadBegun({ uploads }: ImportsState, id: number, picked: Picked): Patch {
  const upload = { id, picked, fraction: 0, problem: null };
  return { uploads: [upload, ...uploads.filter((one) => one.id !== id)], refused: null };
}

export function uploadCame({ uploads }: ImportsState, id: number, fraction: number): Patch {
  return { uploads: uploads.map((one) => (one.id === id ? { ...one, fraction } : one)) };
}

export function uploadFailed({ uploads }: ImportsState, id: number, problem: string): Patch {
  return { uploads: uploads.map((one) => (one.id === id ? { ...one, problem } : one)) };
}

/** It arrived, or was called off. */
export function uploadGone({ uploads, imports }: ImportsState, id: number, arrived?: ImportView): Patch {
  const others = imports.filter((one) => one.id !== arrived?.id);
  return { uploads: uploads.filter((one) => one.id !== id), imports: arrived ? [arrived, ...others] : imports };
}

export function importGone({ imports }: ImportsState, id: string): Patch {
  return { imports: imports.filter((one) => one.id !== id) };
}

/** How the one bar is shared out between what is sent and what is made of it, as the server does. */
export const SENDING_SHARE = 0.3;

export const isMoving = ({ state }: Pick<ImportView, 'state'>): boolean => state === 'queued' || state === 'running';

/** Which became ready between two answers: what they brought is worth asking for. */
export const newlyDone = (before: readonly ImportView[], now: readonly ImportView[]): ImportView[] =>
  now.filter((one) => one.state === 'done' && before.find(({ id }) => id === one.id)?.state !== 'done');

/**
 * What the server tells of a kind. One whose bytes this page is sending is shown once, as the upload that it is: until the
 * answer comes, nobody knows which of the server's it is.
 */
export function shownImports({ uploads, imports }: ImportsState, kind: ImportKind): ImportView[] {
  const sending = uploads.some(({ problem }) => problem === null);
  return imports.filter(
    (one) => one.kind === kind && one.state !== 'cancelled' && !(sending && isMoving(one) && one.step === 'receive'),
  );
}
