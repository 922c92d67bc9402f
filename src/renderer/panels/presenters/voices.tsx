import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Segmented } from '../../components/segmented';
import { useWhileSeen } from '../../components/use-while-seen';
import { isOnItsWay, refreshCatalogue, useCatalogue } from '../../store/catalogue';
import { useStudio } from '../../store/studio';
import { refreshVoices } from '../../store/voice-actions';
import { stopPreview } from '../../store/voice-preview';
import { standIn } from '../../store/voices';
import classes from './cast.module.css';
import { CatalogueList } from './catalogue-list';
import { Speed } from './speed';
import { StandInNote } from './stand-in-note';
import { VoiceList } from './voice-list';
import voiceClasses from './voices.module.css';

/** How often a failing engine is looked at while somebody watches, and how far downloads are. */
const WATCH_MS = 5_000;
const ASK_MS = 700;

type Shelf = 'here' | 'more';

/** Voices to speak with, those that can be had, and how fast they speak. */
export function Voices() {
  const { t } = useTranslation('presenters');
  const [shelf, setShelf] = useState<Shelf>('here');
  const voices = useStudio((s) => s.voices);
  const heard = useStudio((s) => s.voice);
  const moving = useCatalogue((s) => s.catalogue?.voices.some(isOnItsWay) ?? false);
  const failing = standIn(voices, heard);
  useEffect(() => {
    void refreshVoices();
    void refreshCatalogue();
    return stopPreview;
  }, []);
  useWhileSeen(failing !== null, refreshVoices, WATCH_MS);
  useWhileSeen(moving, refreshCatalogue, ASK_MS);
  return (
    <>
      <div className={voiceClasses.shelf}>
        <Segmented<Shelf>
          label={t('catalogue.shelf')}
          name="shelf"
          value={shelf}
          disabled={false}
          options={[
            { value: 'here', label: t('catalogue.here'), hint: '' },
            { value: 'more', label: t('catalogue.more'), hint: '' },
          ]}
          onChange={setShelf}
        />
      </div>
      {shelf === 'here' ? (
        <>
          {failing && <StandInNote {...failing} />}
          <VoiceList onMore={() => setShelf('more')} />
          <div className={classes.foot}>
            <Speed />
          </div>
        </>
      ) : (
        <CatalogueList />
      )}
    </>
  );
}
