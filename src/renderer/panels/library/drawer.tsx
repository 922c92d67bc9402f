import { useEffect, useState } from 'react';
import { Icon } from '../components/icon';
import { Segmented } from '../components/segmented';
import { Sheet } from '../components/sheet';
import { useTranslate } from '../i18n/use-translate';
import { useLibrary } from '../store/library';
import { closeLibrary, loadMore, refreshClips, refreshLibrary } from '../store/library-actions';
import { useStudio } from '../store/studio';
import { Clips } from './clips';
import { RecordingRow } from './recording-row';

export function LibrarySheet() {
  const open = useStudio((s) => s.libraryOpen);
  return open ? <Library /> : null;
}

type Tab = 'recordings' | 'clips';

/** Recordings and, where the server makes them, clips. */
function Library() {
  const t = useTranslate();
  const [tab, setTab] = useState<Tab>('recordings');
  const clips = useLibrary((s) => s.clips);
  useEffect(() => void refreshClips(), []);
  return (
    <Sheet
      title={t(clips && tab === 'clips' ? 'clips.title' : 'library.title')}
      closeLabel={t('action.close')}
      onClose={closeLibrary}
      actions={
        clips && (
          <Segmented<Tab>
            label={t('library.tabs')}
            name="library"
            value={tab}
            disabled={false}
            options={[
              { value: 'recordings', label: t('library.title'), hint: t('library.hint') },
              { value: 'clips', label: t('clips.title'), hint: t('clips.hint') },
            ]}
            onChange={setTab}
          />
        )
      }
    >
      {clips && tab === 'clips' ? <Clips clips={clips} /> : <Recordings />}
    </Sheet>
  );
}

/** What has been recorded, newest first: to play, name, take along and delete. */
function Recordings() {
  const t = useTranslate();
  const { state, problem, recordings, total } = useLibrary();
  const [playing, setPlaying] = useState<string | null>(null);
  // A recording that ends while the sheet is open appears in it.
  const taping = useStudio((s) => s.taping !== null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked anew when a recording begins or ends.
  useEffect(() => void refreshLibrary(), [taping]);
  return (
    <div className="library" data-testid="library">
      {problem !== '' && state === 'ready' && <Failure problem={problem} />}
      {state === 'loading' && (
        <div className="library-notice" role="status">
          <span className="spinner" aria-hidden="true" />
          <p>{t('library.loading')}</p>
        </div>
      )}
      {state === 'failed' && <Failure problem={problem} />}
      {state === 'ready' && recordings.length === 0 && (
        <div className="library-notice">
          <Icon name="film" size={34} />
          <strong>{t('library.empty')}</strong>
          <p>{t('library.emptyHint')}</p>
        </div>
      )}
      {recordings.length > 0 && (
        <ul className="recordings" aria-label={t('library.title')}>
          {recordings.map((recording) => (
            <RecordingRow
              key={recording.id}
              recording={recording}
              playing={playing === recording.id}
              onPlay={(on) => setPlaying(on ? recording.id : null)}
            />
          ))}
        </ul>
      )}
      {recordings.length > 0 && recordings.length < total && (
        <button type="button" className="outline-button library-more" onClick={() => void loadMore()}>
          {t('library.more', { count: total - recordings.length })}
        </button>
      )}
    </div>
  );
}

function Failure({ problem }: { problem: string }) {
  const t = useTranslate();
  return (
    <div className="library-notice" role="alert">
      <Icon name="alert" size={30} />
      <strong>{t('library.failed')}</strong>
      <p>{problem || t('error.network')}</p>
      <button type="button" className="outline-button" onClick={() => void refreshLibrary()}>
        {t('action.retryNow')}
      </button>
    </div>
  );
}
