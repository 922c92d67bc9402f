import { type DragEvent, useState } from 'react';
import type { ImportKind } from '../../../shared/library-protocol';
import { importFiles } from '../../store/import-actions';
import { filesOfDrop } from '../../store/import-files';

const carriesFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes('Files');

/** Takes folders and files that are dropped on a list, before the page takes them for sounds to play. */
export function useImportDrop(kind: ImportKind) {
  // Entering a child leaves its parent: only the balance tells whether the pointer is still here.
  const [depth, setDepth] = useState(0);
  const on = (change: (depth: number) => number) => (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    setDepth((before) => Math.max(0, change(before)));
  };
  const settle = on(() => 0);
  return {
    'data-over': depth > 0,
    onDragEnter: on((before) => before + 1),
    onDragLeave: on((before) => before - 1),
    onDragOver: on((before) => before),
    onDrop: (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      settle(event);
      // A folder that cannot be read to its end is told as one with nothing in it.
      void filesOfDrop(event.dataTransfer).then(
        (files) => importFiles(files, kind),
        () => importFiles([], kind),
      );
    },
  };
}
