import { useTranslation } from 'react-i18next';
import { usePreferences } from '../../store/preferences';
import { SPEED_MAX, SPEED_MIN } from '../../store/voices';
import classes from './voices.module.css';

/** How fast they speak; a double press goes back to the voice's own speed. */
export function Speed() {
  const { t } = useTranslation('voices');
  const speed = usePreferences((s) => s.speed);
  const filled = ((speed - SPEED_MIN) / (SPEED_MAX - SPEED_MIN)) * 100;
  return (
    <label className={classes.speed}>
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
