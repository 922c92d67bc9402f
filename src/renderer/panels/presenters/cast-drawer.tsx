import { type ComponentType, useEffect, useState } from 'react';
import { closeCast, useCast } from '../../store/cast';
import { toastError } from '../../store/toasts';

/** The drawer of presenters, lips and voices, loaded when it is opened for the first time. */
export function CastDrawer() {
  const open = useCast((s) => s.open);
  const [Drawer, setDrawer] = useState<ComponentType>();
  const wanted = open && !Drawer;
  useEffect(() => {
    if (!wanted) return;
    import('./drawer').then(
      (loaded) => setDrawer(() => loaded.default),
      (error: unknown) => {
        // Herald was updated while this page stayed open: what the page asks for is not there any more.
        closeCast();
        toastError('cast.failed', error, 'library.outdated');
      },
    );
  }, [wanted]);
  return Drawer ? <Drawer /> : null;
}
