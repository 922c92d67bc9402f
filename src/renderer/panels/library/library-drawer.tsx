import { LazyDrawer } from '../../components/lazy-drawer';
import { closeLibrary } from '../../store/library-actions';
import { useStudio } from '../../store/studio';

const load = () => import('./drawer');

/** The drawer of recordings and clips. */
export function LibraryDrawer() {
  const open = useStudio((s) => s.libraryOpen);
  return <LazyDrawer open={open} load={load} close={closeLibrary} failure="library.failed" />;
}
