import { Button, Loader } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '../../components/icon';
import { isLookedThrough, useLibrary } from '../../store/library';
import { loadMore, refreshLibrary, searchLibrary } from '../../store/library-actions';
import { useStudio } from '../../store/studio';
import classes from './library.module.css';
import { Notice } from './notice';
import { RecordingRow } from './recording-row';
import { Recovered } from './recovered';
import { moveByArrows } from './row-keys';
import { Toolbar } from './toolbar';

/** How soon the page asks again for the length of what was recovered. */
const ASK_AGAIN_MS = 3_000;

/** What has been recorded: to find, play, name, take along and delete. */
export function Recordings() {
  const { t } = useTranslation(['library', 'common']);
  const { state, problem, recordings, total, query } = useLibrary();
  const [playing, setPlaying] = useState<string | null>(null);
  // A recording that ends while the drawer is open appears in it.
  const taping = useStudio((s) => s.taping !== null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked anew when a recording begins or ends.
  useEffect(() => void refreshLibrary(), [taping]);
  const beingLookedThrough = recordings.some(isLookedThrough);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each answer that does not tell yet is followed by a question.
  useEffect(() => {
    if (!beingLookedThrough) return;
    const timer = setTimeout(() => void refreshLibrary(), ASK_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [beingLookedThrough, recordings]);
  const rest = total - recordings.length;
  return (
    <div className={classes.library} data-testid="library">
      {(recordings.length > 0 || query !== '') && <Toolbar />}
      {problem !== '' && state === 'ready' && <Failure problem={problem} />}
      {state === 'loading' && (
        <div className={classes.notice} role="status">
          <Loader size={28} />
          <p>{t('library.loading')}</p>
        </div>
      )}
      {state === 'failed' && <Failure problem={problem} />}
      {state === 'ready' && recordings.length === 0 && query === '' && (
        <Notice icon="film" title={t('library.empty')} words={t('library.emptyHint')} />
      )}
      {state === 'ready' && recordings.length === 0 && query !== '' && (
        <Notice icon="search" title={t('library.nothingFound', { query })} words={t('library.nothingFoundHint')}>
          <Button variant="default" onClick={() => void searchLibrary({ query: '' })}>
            {t('library.clearSearch')}
          </Button>
        </Notice>
      )}
      {recordings.length > 0 && (
        <>
          <Recovered recordings={recordings} />
          <ul className={classes.rows} aria-label={t('library.title')} onKeyDown={moveByArrows}>
            {recordings.map((recording) => (
              <RecordingRow
                key={recording.id}
                recording={recording}
                playing={playing === recording.id}
                onPlay={(on) => setPlaying(on ? recording.id : null)}
              />
            ))}
          </ul>
        </>
      )}
      {recordings.length > 0 && rest > 0 && (
        <Button variant="default" className={classes.more} onClick={() => void loadMore()}>
          {t('library.more', { count: rest })}
        </Button>
      )}
    </div>
  );
}

function Failure({ problem }: { problem: string }) {
  const { t } = useTranslation(['library', 'common']);
  return (
    <div className={classes.notice} role="alert">
      <Icon name="alert" size={30} />
      <strong>{t('library.failed')}</strong>
      <p>{problem || t('common:error.network')}</p>
      <Button variant="default" onClick={() => void refreshLibrary()}>
        {t('common:action.retryNow')}
      </Button>
    </div>
  );
}
