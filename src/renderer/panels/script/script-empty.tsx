import { ScrollText } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { ImportButton } from './import-button';
import classes from './script.module.css';

export function ScriptEmpty() {
  const { t } = useTranslation('script');
  return (
    <div className={classes.empty}>
      <ScrollText size={30} strokeWidth={1.6} aria-hidden="true" />
      <strong>{t('script.empty')}</strong>
      <p>{t('script.emptyHint')}</p>
      <ImportButton />
    </div>
  );
}
