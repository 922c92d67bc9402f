import { ActionIcon, Modal, Tooltip } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { Settings } from 'lucide-react';
import { lazy, Suspense, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { followDesktop } from './desktop-commands';
import { closeSettings, openSettings, useSettings } from './settings-store';

const SettingsPanel = lazy(() => import('./settings-panel'));

export function SettingsButton() {
  const { t } = useTranslation('settings');
  return (
    <Tooltip label={t('settings.title')}>
      <ActionIcon size={38} aria-label={t('settings.title')} onClick={() => openSettings()}>
        <Settings size={19} />
      </ActionIcon>
    </Tooltip>
  );
}

/** Loaded when it is first opened: by its button, by the menu of the desktop app, or by `?open=settings` in the address. */
export function SettingsDialog() {
  const { t } = useTranslation(['settings', 'common']);
  const open = useSettings((s) => s.open);
  const narrow = useMediaQuery('(max-width: 700px)');
  useEffect(followDesktop, []);
  useEffect(() => {
    if (new URLSearchParams(location.search).get('open') === 'settings') openSettings();
  }, []);
  return (
    <Modal
      opened={open}
      onClose={closeSettings}
      title={t('settings.title')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
      size={900}
      fullScreen={narrow ?? false}
      centered
      radius={narrow ? 0 : 14}
    >
      <Suspense fallback={null}>{open && <SettingsPanel />}</Suspense>
    </Modal>
  );
}
