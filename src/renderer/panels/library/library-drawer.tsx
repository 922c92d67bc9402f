import { lazy, Suspense, useState } from 'react';
import { useStudio } from '../../store/studio';

const Drawer = lazy(() => import('./drawer'));

/** The drawer of recordings and clips, loaded when it is opened for the first time. */
export function LibraryDrawer() {
  const open = useStudio((s) => s.libraryOpen);
  const [seen, setSeen] = useState(false);
  if (open && !seen) setSeen(true);
  return <Suspense fallback={null}>{seen && <Drawer />}</Suspense>;
}
