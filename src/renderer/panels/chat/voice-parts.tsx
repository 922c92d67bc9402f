import { useTranslation } from 'react-i18next';
import { Icon } from '../../components/icon';
import { useCountdown } from '../../components/use-countdown';

import { usePreferences } from '../../store/preferences';
import { SPEED_MAX, SPEED_MIN, type StandIn } from '../../store/voices';

/** Which engine does not answer, who speaks instead, why, and when it is asked again. */
export function StandInNote({ engine, instead, problem, retryAtMs, wanted }: StandIn) {
  const { t } = useTranslation(['voices', 'common']);
  const seconds = useCountdown(retryAtMs);
  return (
    <div className="stand-in" data-wanted={wanted}>
      <Icon name="alert" size={18} />
      <div>
        <strong>{instead ? t('voice.failing', { engine, instead }) : t('voice.failingAlone', { engine })}</strong>
        {problem && <p>{problem}</p>}
        <p className="countdown">
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

export function Speed() {
  const { t } = useTranslation(['voices', 'common']);
  const speed = usePreferences((s) => s.speed);
  const filled = ((speed - SPEED_MIN) / (SPEED_MAX - SPEED_MIN)) * 100;
  return (
    <label className="speed">
      <span>{t('voice.speed')}</span>
      <input
        type="range"
        className="slider"
        min={SPEED_MIN}
        max={SPEED_MAX}
        step="0.05"
        value={speed}
        aria-valuetext={t('voice.speedValue', { speed })}
        style={{ '--filled': `${filled}%` } as React.CSSProperties}
        onChange={(e) => usePreferences.setState({ speed: Math.round(Number(e.target.value) * 100) / 100 })}
        onDoubleClick={() => usePreferences.setState({ speed: 1 })}
      />
      <output>{t('voice.speedValue', { speed: speed.toFixed(2) })}</output>
    </label>
  );
}
