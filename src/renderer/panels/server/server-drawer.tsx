import { ActionIcon, Tooltip } from '@mantine/core';
import { Server } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { LazyDrawer } from '../../components/lazy-drawer';
import { closeServer, openServer, useServerPanel } from './panel-state';

const load = () => import('./drawer');

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

/** How the server is and how it is reached. */
export function ServerDrawer() {
  const open = useServerPanel((s) => s.open);
  return <LazyDrawer open={open} load={load} close={closeServer} failure="error.server" />;
}
