import { ApiError } from '../rtc/http';
import { dropImport, type ImportFile, listImports, sendImport } from '../rtc/imports';
import { openCast } from './cast';
import { type Picked, recognise } from './import-files';
import {
  applyImports,
  importGone,
  newlyDone,
  uploadBegun,
  uploadCame,
  uploadFailed,
  uploadGone,
  useImports,
} from './imports';
import { said } from './library-actions';
import { refreshModels } from './mouth-models';
import { nextId } from './studio';
import { learnAvatars } from './studio-actions';

const sending = new Map<number, AbortController>();

/** Begins to import what was picked or dropped, and shows where it is shown. `wanted` is what the place takes that it was given to. */
export function importFiles(chosen: readonly ImportFile[], wanted: 'avatar' | 'weights'): void {
  const picked = recognise(chosen);
  if (typeof picked === 'string') {
    useImports.setState({ refused: { kind: wanted, problem: picked } });
    return;
  }
  if (picked.kind !== wanted) openCast(picked.kind === 'avatar' ? 'presenters' : 'lips');
  void upload(nextId(), picked);
}

export async function upload(id: number, picked: Picked): Promise<void> {
  const controller = new AbortController();
  sending.set(id, controller);
  applyImports(uploadBegun, id, picked);
  const onProgress = (fraction: number) => applyImports(uploadCame, id, fraction);
  try {
    const view = await sendImport(picked, { onProgress, signal: controller.signal });
    applyImports(uploadGone, id, view);
    await refreshImports();
  } catch (error) {
    if (controller.signal.aborted) applyImports(uploadGone, id);
    else applyImports(uploadFailed, id, said(error));
  } finally {
    sending.delete(id);
  }
}

/** Calls it off, or puts away what was said of it. */
export function dropUpload(id: number): void {
  sending.get(id)?.abort();
  applyImports(uploadGone, id);
}

/** How far they are. What has become ready appears in its gallery. */
export async function refreshImports(): Promise<void> {
  const before = useImports.getState().imports;
  const imports = await listImports().catch(() => null);
  if (!imports) return;
  useImports.setState({ imports });
  const done = newlyDone(before, imports);
  if (done.some(({ kind }) => kind === 'avatar')) await learnAvatars();
  if (done.some(({ kind }) => kind === 'weights')) await refreshModels();
}

/** Stops it where it still goes on; puts its result away where it is over. */
export async function forgetImport(id: string): Promise<void> {
  applyImports(importGone, id);
  try {
    await dropImport(id);
  } catch (error) {
    // One that nobody knows any more is gone all the same; anything else shows with the next answer.
    if (!(error instanceof ApiError && error.status === 404)) await refreshImports();
  }
}
