import { Button, type ButtonProps } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

interface Props extends ButtonProps {
  onRestarted(): void;
}

/** Starts the desktop app's own server anew; a page in a browser has none, and shows nothing here. */
export function RestartButton({ onRestarted, ...looks }: Props) {
  const { t } = useTranslation('settings');
  const [restarting, setRestarting] = useState(false);
  const desktop = window.herald;
  if (!desktop) return null;
  const restart = async () => {
    setRestarting(true);
    try {
      await desktop.restartServer();
      onRestarted();
    } finally {
      setRestarting(false);
    }
  };
  return (
    <Button {...looks} loading={restarting} onClick={() => void restart()}>
      {t('settings.restart')}
    </Button>
  );
}
