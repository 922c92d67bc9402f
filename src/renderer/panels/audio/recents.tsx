import { CloseButton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { formatDuration } from '../../components/format';
import { useAudio } from '../../store/audio';
import { forgetRecent, openRecent } from '../../store/audio-actions';
import { usePreferences } from '../../store/preferences';
import classes from './audio.module.css';

/** Files that were used lately, the latest first. */
export function Recents() {
  const { t } = useTranslation('audio');
  const recents = useAudio((s) => s.recents);
  const language = usePreferences((s) => s.language);
  if (!recents || recents.length === 0) return null;
  const day = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
  return (
    <section className={classes.recents} aria-labelledby="recent-files">
      <h2 id="recent-files" title={t('audio.recentsHint')}>
        {t('audio.recents')}
      </h2>
      <ul>
        {recents.map(({ id, name, durationMs, usedAtMs }) => (
          <li key={id}>
            <button type="button" aria-label={t('audio.open', { name })} onClick={() => void openRecent(id)}>
              <span className={classes.recentName}>{name}</span>
              <span className={classes.recentFacts}>
                {durationMs === null ? t('audio.unknownLength') : formatDuration(durationMs)} · {day.format(usedAtMs)}
              </span>
            </button>
            <CloseButton size="sm" aria-label={t('audio.forget', { name })} onClick={() => void forgetRecent(id)} />
          </li>
        ))}
      </ul>
    </section>
  );
}
