import { useTranslation } from 'react-i18next';
import { Icon } from '../../components/icon';
import { useCountdown } from '../../components/use-countdown';
import type { StandIn } from '../../store/voices';
import classes from './voices.module.css';

/** Which engine does not answer, who speaks instead, why, and when it is asked again. */
export function StandInNote({ engine, instead, problem, retryAtMs, wanted }: StandIn) {
  const { t } = useTranslation('voices');
  const seconds = useCountdown(retryAtMs);
  return (
    <div className={classes.standIn} data-wanted={wanted} data-testid="stand-in">
      <Icon name="alert" size={18} />
      <div>
        <strong>{instead ? t('voice.failing', { engine, instead }) : t('voice.failingAlone', { engine })}</strong>
        {problem && <p>{problem}</p>}
        <p className={classes.countdown}>
          <RetryIn seconds={seconds} />
        </p>
      </div>
    </div>
  );
}

function RetryIn({ seconds }: { seconds: number | null }) {
  const { t } = useTranslation('voices');
  if (!seconds) return t('voice.retryNext');
  return seconds < 100 ? t('voice.retry', { seconds }) : t('voice.retryLater', { minutes: Math.round(seconds / 60) });
}
