import { applyLibrary, faulted } from '../../store/library';

interface Revealer {
  /** Shows a recording in the system's file manager, by its file's name. */
  revealRecording?(fileName: string): Promise<unknown>;
}

/** The desktop app's; in a browser, which knows no folders, there is none. */
const revealer = (): Revealer => (window as { herald?: Revealer }).herald ?? {};

export const canReveal = (): boolean => revealer().revealRecording !== undefined;

/** What goes wrong is told in its row. */
export async function reveal(id: string, file: string): Promise<void> {
  try {
    await revealer().revealRecording?.(file);
  } catch (error) {
    applyLibrary(faulted, id, error instanceof Error ? error.message : String(error));
  }
}
