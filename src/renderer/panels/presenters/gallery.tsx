import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { refreshImports } from '../../store/import-actions';
import { usePreferences } from '../../store/preferences';
import { useStudio } from '../../store/studio';
import { learnAvatars } from '../../store/studio-actions';
import { Notice } from '../library/notice';
import classes from './cast.module.css';
import gallery from './gallery.module.css';
import { ImportFoot } from './import-foot';
import { ImportLines } from './import-lines';
import { BrokenCard, PresenterCard } from './presenter-card';
import { useImportDrop } from './use-import-drop';
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
  const drop = useImportDrop('avatar');
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
