import { type ComponentType, useEffect, useState } from 'react';
import type { MessageKey } from '../i18n/translate';
import { toastError } from '../store/toasts';

interface Props {
  open: boolean;
  load(): Promise<{ default: ComponentType }>;
  close(): void;
  /** What failed, where it cannot be loaded. */
  failure: MessageKey;
}

/** A drawer that is loaded when it is opened for the first time, and stays. */
export function LazyDrawer({ open, load, close, failure }: Props) {
  const [Drawer, setDrawer] = useState<ComponentType>();
  const wanted = open && !Drawer;
  useEffect(() => {
    if (!wanted) return;
    load().then(
      (loaded) => setDrawer(() => loaded.default),
      (error: unknown) => {
        // Herald was updated while this page stayed open: what the page asks for is not there any more.
        close();
        toastError(failure, error, 'library.outdated');
      },
    );
  }, [wanted, load, close, failure]);
  return Drawer ? <Drawer /> : null;
}
