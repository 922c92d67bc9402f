import { create } from 'zustand';
import { addExport, deleteExport, type Export, type ExportSource, type ExportWish, listExports } from '../rtc/exports';
import { said } from './library-actions';

export interface ExportsState {
  /** Of this run of the server, newest first; each names what it is made of. */
  exports: Export[];
}

export const useExports = create<ExportsState>(() => ({ exports: [] }));

/** How often the page asks how far they are. */
const ASK_MS = 700;
let asking: ReturnType<typeof setTimeout> | undefined;

const isOpen = ({ state }: Export): boolean => state === 'queued' || state === 'running';

/** Asks how far they are, and again while any of them is on its way. */
export async function refreshExports(): Promise<void> {
  clearTimeout(asking);
  const exports = await listExports().catch(() => null);
  if (exports) useExports.setState({ exports });
  clearTimeout(asking); // somebody else may have asked meanwhile
  if (useExports.getState().exports.some(isOpen)) asking = setTimeout(() => void refreshExports(), ASK_MS);
}

/** Why it cannot be had, in the server's words; null when it is on its way. */
export async function startExport(source: ExportSource, wish: ExportWish): Promise<string | null> {
  try {
    await addExport(source, wish);
    await refreshExports();
    return null;
  } catch (error) {
    return said(error);
  }
}

/** Cancels it, or throws its file away. */
export async function dropExport(id: string): Promise<void> {
  useExports.setState(({ exports }) => ({ exports: exports.filter((one) => one.id !== id) }));
  await deleteExport(id).catch(() => undefined);
  await refreshExports();
}
