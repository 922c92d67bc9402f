import { ActionIcon, Loader, Modal, Tooltip } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { Settings } from 'lucide-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { followDesktop } from './desktop-commands';
import loading from './settings-loading.module.css';
import { closeSettings, openSettings, useSettings } from './settings-store';

const SettingsPanel = lazy(() => import('./settings-panel'));
const FirstRun = lazy(() => import('./first-run'));

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

/** Only in the desktop app, and only once: whoever opens the page in a browser came to watch or to work. */
function Welcome() {
  const [wanted, setWanted] = useState(false);
  useEffect(() => void window.herald?.desktop().then(({ preferences }) => setWanted(!preferences.welcomed)), []);
  const done = () => {
    setWanted(false);
    void window.herald?.changeDesktop({ welcomed: true }).catch(() => undefined); // it is offered once more, then
  };
  return <Suspense fallback={null}>{wanted && <FirstRun onDone={done} />}</Suspense>;
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
    <>
      <Welcome />
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
        <Suspense
          fallback={
            <div className={loading.loading} role="status">
              <Loader size="sm" aria-label={t('settings.loading')} />
            </div>
          }
        >
          {open && <SettingsPanel />}
        </Suspense>
      </Modal>
    </>
  );
}
