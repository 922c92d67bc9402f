import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useWhileSeen } from '../../components/use-while-seen';
import type { Clip } from '../../rtc/clips';
import { isMakingClips } from '../../store/library';
import { refreshClips } from '../../store/library-actions';
import { ClipMaker } from './clip-maker';
import { ClipRow } from './clip-row';
import classes from './library.module.css';
import { Notice } from './notice';
import { moveByArrows } from './row-keys';

/** How often the page asks how far a clip is. */
const ASK_MS = 700;

/** Clips: the one to be written, those being made, and those that are there. */
export function Clips({ clips }: { clips: Clip[] }) {
  const { t } = useTranslation('library');
  const [playing, setPlaying] = useState<string | null>(null);
  const making = isMakingClips({ clips });
  useWhileSeen(making, refreshClips, ASK_MS);
  return (
    <div className={classes.library} data-testid="clips">
      <ClipMaker />
      {clips.length === 0 ? (
        <Notice icon="film" title={t('clips.empty')} words={t('clips.emptyHint')} />
      ) : (
        <ul className={classes.rows} aria-label={t('clips.title')} onKeyDown={moveByArrows}>
          {clips.map((clip) => (
            <ClipRow
              key={clip.id}
              clip={clip}
              playing={playing === clip.id}
              onPlay={(on) => setPlaying(on ? clip.id : null)}
            />
          ))}
        </ul>
      )}
    </div>
  );
}
