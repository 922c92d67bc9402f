import { Button } from '@mantine/core';
import { type DragEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { importFiles, refreshImports } from '../../store/import-actions';
import { filesOfDrop } from '../../store/import-files';
import { usePreferences } from '../../store/preferences';
import { useStudio } from '../../store/studio';
import { learnAvatars } from '../../store/studio-actions';
import { Notice } from '../library/notice';
import classes from './cast.module.css';
import gallery from './gallery.module.css';
import { ImportFoot } from './import-foot';
import { ImportLines } from './import-lines';
import { BrokenCard, PresenterCard } from './presenter-card';
import { Waiting } from './waiting';

/** Everybody who can appear, those whose folders are not in order, and the way in for others. */
export function Gallery() {
  const { t } = useTranslation('voices');
  const listing = useStudio((s) => s.avatars);
  const onStage = useStudio((s) => s.session?.avatar);
  const taping = useStudio((s) => s.taping !== null);
  const preferred = usePreferences((s) => s.avatar);
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    void learnAvatars().finally(() => setAsked(true));
    void refreshImports();
  }, []);
  const drop = useFolderDrop();
  return (
    <>
      <div className={classes.scroll} {...drop} data-testid="gallery">
        {taping && <p className={classes.note}>{t('presenter.endsRecording')}</p>}
        <ImportLines kind="avatar" />
        {listing ? (
          <ul className={gallery.cards} aria-label={t('presenter.title')}>
            {listing.avatars.map((avatar) => (
              <PresenterCard
                key={avatar.id}
                avatar={avatar}
                onStage={avatar.id === onStage}
                awaited={avatar.id === (preferred ?? listing.default) && avatar.id !== onStage}
                isDefault={avatar.id === listing.default}
              />
            ))}
            {listing.problems.map((problem) => (
              <BrokenCard key={problem.id} {...problem} />
            ))}
          </ul>
        ) : (
          <NotListed asked={asked} />
        )}
      </div>
      <ImportFoot kind="avatar" />
    </>
  );
}

function NotListed({ asked }: { asked: boolean }) {
  const { t } = useTranslation(['presenters', 'common']);
  if (!asked) return <Waiting />;
  return (
    <Notice icon="alert" title={t('gallery.failed')} words={t('common:error.network')}>
      <Button variant="default" onClick={() => void learnAvatars()}>
        {t('common:action.retryNow')}
      </Button>
    </Notice>
  );
}

const carriesFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes('Files');

/** Takes folders and files that are dropped here, before the page takes them for sounds to play. */
function useFolderDrop() {
  const [depth, setDepth] = useState(0);
  const on = (change: (depth: number) => number) => (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    setDepth((before) => Math.max(0, change(before)));
  };
  return {
    'data-over': depth > 0,
    onDragEnter: on((before) => before + 1),
    onDragLeave: on((before) => before - 1),
    onDragOver: on((before) => before),
    onDrop: (event: DragEvent) => {
      on(() => 0)(event);
      // A folder that cannot be read to its end is told as one with nothing in it.
      if (carriesFiles(event)) {
        void filesOfDrop(event.dataTransfer).then(
          (files) => importFiles(files, 'avatar'),
          () => importFiles([], 'avatar'),
        );
      }
    },
  };
}
