import { ActionIcon, Tooltip } from '@mantine/core';
import { Server } from 'lucide-react';
import { type ComponentType, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { toastError } from '../../store/toasts';
import { closeServer, openServer, useServerPanel } from './panel-state';

export function ServerButton() {
  const { t } = useTranslation('common');
  return (
    <Tooltip label={t('action.server')}>
      <ActionIcon size={38} aria-label={t('action.server')} onClick={() => openServer()}>
        <Server size={19} />
      </ActionIcon>
    </Tooltip>
  );
}

/** How the server is and how it is reached; loaded when it is opened for the first time. */
export function ServerDrawer() {
  const open = useServerPanel((s) => s.open);
  const [Drawer, setDrawer] = useState<ComponentType>();
  const wanted = open && !Drawer;
  useEffect(() => {
    if (!wanted) return;
    import('./drawer').then(
      (loaded) => setDrawer(() => loaded.default),
      (error: unknown) => {
        closeServer();
        toastError('error.server', error, 'library.outdated');
      },
    );
  }, [wanted]);
  return Drawer ? <Drawer /> : null;
}
