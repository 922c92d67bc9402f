import { create } from 'zustand';
import { addExport, deleteExport, type Export, type ExportSource, type ExportWish, listExports } from '../rtc/exports';
import { said } from './library-actions';

export interface ExportsState {
  exports: Export[];
  /** Whose export each one is: the server tells only its title. */
  sources: Record<string, string>;
}

export const useExports = create<ExportsState>(() => ({ exports: [], sources: {} }));

export const sourceKey = ({ recording, clip }: ExportSource): string => recording ?? clip ?? '';

export const isExporting = (exports: readonly Export[]): boolean =>
  exports.some(({ state }) => state === 'queued' || state === 'running');

export async function refreshExports(): Promise<void> {
  const exports = await listExports().catch(() => null);
  if (exports) useExports.setState({ exports });
}

/** Why it cannot be had, in the server's words; null when it is on its way. */
export async function startExport(source: ExportSource, wish: ExportWish): Promise<string | null> {
  try {
    const id = await addExport(source, wish);
    useExports.setState(({ sources }) => ({ sources: { ...sources, [id]: sourceKey(source) } }));
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
