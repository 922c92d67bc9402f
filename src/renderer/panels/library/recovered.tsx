import { Alert } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { LifeBuoy } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { RecordingSummary } from '../../../shared/protocol';
import classes from './library.module.css';

const KEY = 'herald.recovered-seen';
const KEPT = 200;

/** Tells once, until it is dismissed, that a crash has cost less than feared. */
export function Recovered({ recordings }: { recordings: readonly RecordingSummary[] }) {
  const { t } = useTranslation(['library', 'common']);
  const [seen, setSeen] = useLocalStorage<string[]>({ key: KEY, defaultValue: [], getInitialValueInEffect: false });
  const fresh = recordings.filter(({ id, recovered }) => recovered && !seen.includes(id));
  if (fresh.length === 0) return null;
  return (
    <Alert
      className={classes.recovered}
      icon={<LifeBuoy size={18} aria-hidden="true" />}
      title={t('library.recoveredNotice', { count: fresh.length })}
      withCloseButton
      closeButtonLabel={t('common:action.dismiss')}
      onClose={() => setSeen([...fresh.map(({ id }) => id), ...seen].slice(0, KEPT))}
    >
      {t('library.recoveredHint')}
    </Alert>
  );
}
