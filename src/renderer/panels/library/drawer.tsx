import { Drawer as Frame } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Segmented } from '../../components/segmented';
import { useDrawerKeys } from '../../components/use-drawer-keys';
import { refreshExports } from '../../store/exports';
import { useLibrary } from '../../store/library';
import { closeLibrary, refreshClips } from '../../store/library-actions';
import { useStudio } from '../../store/studio';
import { Clips } from './clips';
import classes from './library.module.css';
import { Recordings } from './recordings';

const NARROW = '(max-width: 760px)';

type Tab = 'recordings' | 'clips';

/** Over the page's right side; over its foot on a narrow screen. */
export default function Drawer() {
  const { t } = useTranslation(['library', 'common']);
  const wanted = useStudio((s) => s.libraryOpen);
  // It remembers where the focus was when it opens, so it has to be there before.
  const [opened, setOpened] = useState(false);
  useEffect(() => setOpened(wanted), [wanted]);
  const [tab, setTab] = useState<Tab>('recordings');
  const clips = useLibrary((s) => s.clips);
  const narrow = useMediaQuery(NARROW, false, { getInitialValueInEffect: false });
  useDrawerKeys(opened, closeLibrary);
  useEffect(() => {
    if (!opened) return;
    void refreshClips();
    void refreshExports();
  }, [opened]);
  const showsClips = clips !== null && tab === 'clips';
  return (
    <Frame.Root
      opened={opened}
      onClose={closeLibrary}
      position={narrow ? 'bottom' : 'right'}
      size={narrow ? '92dvh' : 560}
      closeOnEscape={false}
      classNames={{ content: classes.drawer }}
      transitionProps={{ duration: 160 }}
    >
      <Frame.Overlay backgroundOpacity={0.34} />
      <Frame.Content onKeyDown={(event) => event.stopPropagation()}>
        <div className={classes.header}>
          <Frame.Title component="h2" className={classes.title}>
            {t(showsClips ? 'clips.title' : 'library.title')}
          </Frame.Title>
          {clips && (
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
          )}
          <Frame.CloseButton size={38} iconSize={20} aria-label={t('common:action.close')} />
        </div>
        <Frame.Body className={classes.body}>{showsClips ? <Clips clips={clips} /> : <Recordings />}</Frame.Body>
      </Frame.Content>
    </Frame.Root>
  );
}
