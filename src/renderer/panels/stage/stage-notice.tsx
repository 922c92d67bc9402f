import { Button, Loader } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useCountdown } from '../../components/use-countdown';
import { connect, retryNow } from '../../store/actions';
import { useStudio } from '../../store/studio';

/** What stands on the stage while the presenter does not: why, and what happens next. */
export function StageNotice() {
  const { t } = useTranslation(['stage', 'common']);
  const { phase, attempt, retryAtMs } = useStudio((s) => s.connection);
  const seconds = useCountdown(retryAtMs);
  if (phase === 'connected') return null;
  const waiting = phase === 'reconnecting' || phase === 'queued';
  const gone = phase === 'offline' || phase === 'refused';
  return (
    <div className="stage-notice" data-phase={phase}>
      {!gone && <Loader size={34} mb={14} aria-hidden="true" />}
      <strong>{t(`stage.${phase}`)}</strong>
      {phase !== 'reconnecting' && <p>{t(`stage.${phase}Hint`)}</p>}
      {waiting && (
        <p className="countdown">
          {seconds === null ? t('stage.retrying', { attempt }) : t('stage.retryIn', { seconds, attempt: attempt + 1 })}
        </p>
      )}
      {waiting && (
        <Button variant="default" mt={14} disabled={seconds === null} onClick={retryNow}>
          {t('common:action.retryNow')}
        </Button>
      )}
      {gone && (
        <Button mt={14} onClick={connect}>
          {t('common:action.connect')}
        </Button>
      )}
    </div>
  );
}
