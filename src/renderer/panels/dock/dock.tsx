import { type RefObject, useEffect, useState } from 'react';
import { Icon } from '../../components/icon';
import { IconButton } from '../../components/icon-button';
import { Segmented } from '../../components/segmented';
import { useTranslate } from '../../i18n/use-translate';
import { interrupt, setMode } from '../../store/actions';
import { isOpen } from '../../store/lines';
import { useStudio } from '../../store/studio';
import { Performances } from './performances';
import { RecordButton } from './record-button';

/** What to do with the presenter: mode in silence, interrupt, sound, full screen. */
export function Dock({ stage }: { stage: RefObject<HTMLElement | null> }) {
  const t = useTranslate();
  const connected = useStudio((s) => s.connection.phase === 'connected');
  const audiotype = useStudio((s) => s.audiotype);
  const busy = useStudio((s) => s.speakingTurn !== null || s.lines.some(isOpen));
  return (
    <div className="dock" role="toolbar" aria-label={t('dock.label')}>
      <Segmented
        label={t('dock.mode')}
        name="mode"
        value={audiotype}
        disabled={!connected}
        options={[
          { value: 0, label: t('dock.live'), hint: t('dock.liveHint') },
          { value: 1, label: t('dock.still'), hint: t('dock.stillHint') },
        ]}
        onChange={(mode) => void setMode(mode)}
      />
      <Performances />
      <RecordButton />
      <button
        type="button"
        className="outline-button interrupt"
        data-busy={busy}
        disabled={!connected}
        title={t('dock.interruptHint')}
        onClick={() => void interrupt()}
      >
        <Icon name="stop" size={16} />
        <span>{t('dock.interrupt')}</span>
        <kbd>Esc</kbd>
      </button>
      <Sound />
      <FullscreenButton stage={stage} />
    </div>
  );
}

function Sound() {
  const t = useTranslate();
  const sound = useStudio((s) => s.sound);
  const volume = useStudio((s) => s.volume);
  const silent = sound !== 'on' || volume === 0;
  return (
    <div className="sound">
      <IconButton
        icon={silent ? 'muted' : 'volume'}
        label={t(silent ? 'dock.unmute' : 'dock.mute')}
        onClick={() => useStudio.setState(silent ? { sound: 'on', volume: volume || 1 } : { sound: 'muted' })}
      />
      <input
        type="range"
        className="slider"
        min="0"
        max="1"
        step="0.05"
        aria-label={t('dock.volume')}
        value={silent ? 0 : volume}
        style={{ '--filled': `${(silent ? 0 : volume) * 100}%` } as React.CSSProperties}
        onChange={(e) => useStudio.setState({ volume: Number(e.target.value), sound: 'on' })}
      />
    </div>
  );
}

function FullscreenButton({ stage }: { stage: RefObject<HTMLElement | null> }) {
  const t = useTranslate();
  const [full, setFull] = useState(false);
  useEffect(() => {
    const follow = () => setFull(document.fullscreenElement !== null);
    document.addEventListener('fullscreenchange', follow);
    return () => document.removeEventListener('fullscreenchange', follow);
  }, []);
  // Phones of one large maker allow full screen only for their own player: no button is better than a dead one.
  if (!document.fullscreenEnabled) return null;
  const toggle = () =>
    void (full ? document.exitFullscreen() : stage.current?.requestFullscreen())?.catch(() => undefined);
  return (
    <IconButton
      icon={full ? 'shrink' : 'expand'}
      label={t(full ? 'dock.exitFullscreen' : 'dock.fullscreen')}
      onClick={toggle}
    />
  );
}
