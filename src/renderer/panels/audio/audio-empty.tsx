import { Loader } from '@mantine/core';
import { AudioLines } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import classes from './audio.module.css';
import { Sources } from './sources';

export function AudioEmpty({ opening }: { opening: string | null }) {
  const { t } = useTranslation('audio');
  if (opening !== null) {
    return (
      <div className={classes.empty} role="status">
        <Loader size="sm" />
        <p>{t('audio.opening', { name: opening })}</p>
      </div>
    );
  }
  return (
    <div className={classes.empty}>
      <AudioLines size={30} strokeWidth={1.6} aria-hidden="true" />
      <strong>{t('audio.empty')}</strong>
      <p>{t('audio.emptyHint')}</p>
      <Sources opening={null} />
      <p className={classes.kinds}>{t('audio.kinds')}</p>
    </div>
  );
}
