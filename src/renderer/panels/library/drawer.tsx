import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { DrawerFrame } from '../../components/drawer-frame';
import { Segmented } from '../../components/segmented';
import { refreshExports } from '../../store/exports';
import { useLibrary } from '../../store/library';
import { closeLibrary, refreshClips } from '../../store/library-actions';
import { useStudio } from '../../store/studio';
import { Clips } from './clips';
import { Recordings } from './recordings';

type Tab = 'recordings' | 'clips';

/** What was recorded, and clips. */
export default function Drawer() {
  const { t } = useTranslation('library');
  const wanted = useStudio((s) => s.libraryOpen);
  const [tab, setTab] = useState<Tab>('recordings');
  const clips = useLibrary((s) => s.clips);
  useEffect(() => {
    if (!wanted) return;
    void refreshClips();
    void refreshExports();
  }, [wanted]);
  const showsClips = clips !== null && tab === 'clips';
  return (
    <DrawerFrame
      wanted={wanted}
      close={closeLibrary}
      title={t(showsClips ? 'clips.title' : 'library.title')}
      size={{ width: 560, height: '92dvh' }}
      switcher={
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
      {showsClips ? <Clips clips={clips} /> : <Recordings />}
    </DrawerFrame>
  );
}
