import { type ComponentType, useEffect, useState } from 'react';
import { useStudio } from '../../store/studio';
import { toastError } from '../../store/toasts';

/** The drawer of recordings and clips, loaded when it is opened for the first time. */
export function LibraryDrawer() {
  const open = useStudio((s) => s.libraryOpen);
  const [Drawer, setDrawer] = useState<ComponentType>();
  const wanted = open && !Drawer;
  useEffect(() => {
    if (!wanted) return;
    import('./drawer').then(
      (loaded) => setDrawer(() => loaded.default),
      (error: unknown) => {
        // Herald was updated while this page stayed open: what the page asks for is not there any more.
        useStudio.setState({ libraryOpen: false });
        toastError('library.failed', error, 'library.outdated');
      },
    );
  }, [wanted]);
  return Drawer ? <Drawer /> : null;
}
