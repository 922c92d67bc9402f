import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { formatDuration } from '../../components/format';
import classes from './audio.module.css';

const STEP_MS = 250;

/** How much of it was said. Written into the page four times a second: nothing is drawn anew for it. */
export function PlayProgress({ durationMs }: { durationMs: number | null }) {
  const { t } = useTranslation('audio');
  const bar = useRef<HTMLDivElement>(null);
  const time = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const startedAtMs = performance.now();
    const show = () => {
      const saidMs = Math.min(performance.now() - startedAtMs, durationMs ?? Number.POSITIVE_INFINITY);
      if (time.current) {
        time.current.textContent =
          formatDuration(saidMs) + (durationMs === null ? '' : ` / ${formatDuration(durationMs)}`);
      }
      if (!bar.current || durationMs === null) return;
      const fraction = durationMs > 0 ? saidMs / durationMs : 1;
      bar.current.style.setProperty('--said', `${fraction}`);
      bar.current.setAttribute('aria-valuenow', `${Math.round(fraction * 100)}`);
    };
    show();
    const timer = setInterval(show, STEP_MS);
    return () => clearInterval(timer);
  }, [durationMs]);
  return (
    <>
      <span className="visually-hidden">{t('audio.speaking')}</span>
      {durationMs !== null && (
        <div
          ref={bar}
          className={classes.progress}
          role="progressbar"
          aria-label={t('audio.progress')}
          aria-valuemin={0}
          aria-valuemax={100}
        />
      )}
      <span ref={time} className={classes.clock} aria-hidden="true" />
    </>
  );
}
