import type { RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../../components/icon-button';
import {
  canFloat,
  canFullscreen,
  saveSnapshot,
  toggleFloating,
  toggleFullscreen,
} from '../../components/picture-actions';
import { useDocumentState } from '../../components/use-document-state';
import { useStudio } from '../../store/studio';
import classes from './dock.module.css';

/** The picture itself: a copy of this moment, a window of its own, the whole screen. */
export function Picture({ stage }: { stage: RefObject<HTMLElement | null> }) {
  const { t } = useTranslation('stage');
  const connected = useStudio((s) => s.connection.phase === 'connected');
  const full = useDocumentState('fullscreenchange', () => document.fullscreenElement !== null);
  const floating = useDocumentState('enterpictureinpicture leavepictureinpicture', () => isFloating());
  return (
    <div className={classes.picture}>
      <IconButton icon="camera" label={t('dock.snapshot')} disabled={!connected} onClick={() => void saveSnapshot()} />
      {/* Browsers that have no such thing show no button: none is better than a dead one. */}
      {canFloat() && (
        <IconButton
          icon="pip"
          label={t(floating ? 'dock.unfloat' : 'dock.float')}
          pressed={floating}
          disabled={!connected}
          onClick={() => void toggleFloating()}
        />
      )}
      {canFullscreen() && (
        <IconButton
          icon={full ? 'shrink' : 'expand'}
          label={t(full ? 'dock.exitFullscreen' : 'dock.fullscreen')}
          onClick={() => void toggleFullscreen(stage.current)}
        />
      )}
    </div>
  );
}

const isFloating = (): boolean => document.pictureInPictureElement !== null;
