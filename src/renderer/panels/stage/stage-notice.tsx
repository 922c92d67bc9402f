import { useCountdown } from '../../components/use-countdown';
import { useTranslate } from '../../i18n/use-translate';
import { connect, retryNow } from '../../store/actions';
import { useStudio } from '../../store/studio';

/** What stands on the stage while the presenter does not: why, and what happens next. */
export function StageNotice() {
  const t = useTranslate();
  const { phase, attempt, retryAtMs } = useStudio((s) => s.connection);
  const seconds = useCountdown(retryAtMs);
  if (phase === 'connected') return null;
  const waiting = phase === 'reconnecting' || phase === 'queued';
  return (
    <div className="stage-notice" data-phase={phase}>
      {phase !== 'offline' && phase !== 'refused' && <span className="spinner" aria-hidden="true" />}
      <strong>{t(`stage.${phase}`)}</strong>
      {phase !== 'reconnecting' && <p>{t(`stage.${phase}Hint`)}</p>}
      {waiting && (
        <p className="countdown">
          {seconds === null ? t('stage.retrying', { attempt }) : t('stage.retryIn', { seconds, attempt: attempt + 1 })}
        </p>
      )}
      {waiting && (
        <button type="button" className="outline-button" disabled={seconds === null} onClick={retryNow}>
          {t('action.retryNow')}
        </button>
      )}
      {(phase === 'offline' || phase === 'refused') && (
        <button type="button" className="primary-button" onClick={connect}>
          {t('action.connect')}
        </button>
      )}
    </div>
  );
}
