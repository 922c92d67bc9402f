import { useSyncExternalStore } from 'react';

/** A fact about the document, read anew at each of the events, whose names are parted by blanks. */
export function useDocumentState<T>(events: string, read: () => T): T {
  return useSyncExternalStore((onChange) => {
    const names = events.split(' ');
    // Captured: events of the video element do not bubble up to the document.
    for (const name of names) document.addEventListener(name, onChange, true);
    return () => {
      for (const name of names) document.removeEventListener(name, onChange, true);
    };
  }, read);
}
