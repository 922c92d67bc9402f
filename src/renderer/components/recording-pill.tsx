import { useTranslation } from 'react-i18next';
import { useStudio } from '../store/studio';
import { formatDuration } from './format';
import classes from './recording-pill.module.css';
import { useNow } from './use-now';

/** Says at the top, too, that a recording is going on: nobody should forget it. The time is not read out every second. */
export function RecordingPill() {
  const { t } = useTranslation('stage');
  const taping = useStudio((s) => s.taping);
  const nowMs = useNow(taping?.startedAtMs != null);
  const on = taping !== null && taping.startedAtMs !== null;
  return (
    <>
      <span className="visually-hidden" role="status">
        {on ? t('record.on') : ''}
      </span>
      {on && (
        <div className={classes.pill} data-testid="recording-pill" aria-hidden="true">
          <i />
          <span>{t('record.on')}</span>
          <span className={classes.time}>{formatDuration(nowMs - (taping.startedAtMs ?? nowMs))}</span>
        </div>
      )}
    </>
  );
}
