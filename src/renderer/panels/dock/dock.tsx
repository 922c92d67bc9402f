import { Button, Kbd, Slider } from '@mantine/core';
import type { RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '../../components/icon';
import { IconButton } from '../../components/icon-button';
import { Segmented } from '../../components/segmented';
import { interrupt, setMode } from '../../store/actions';
import { isOpen } from '../../store/lines';
import { useStudio } from '../../store/studio';
import classes from './dock.module.css';
import { Performances } from './performances';
import { Picture } from './picture';
import { RecordButton } from './record-button';

/** What to do with the presenter: mode in silence, performances, recording, interrupt, sound, the picture itself. */
export function Dock({ stage }: { stage: RefObject<HTMLElement | null> }) {
  const { t } = useTranslation('stage');
  const connected = useStudio((s) => s.connection.phase === 'connected');
  const audiotype = useStudio((s) => s.audiotype);
  const busy = useStudio((s) => s.speakingTurn !== null || s.lines.some(isOpen));
  return (
    <div className={classes.space}>
      <div className={classes.dock} role="toolbar" aria-label={t('dock.label')}>
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
        <Button
          variant="default"
          h={38}
          px={12}
          className={classes.interrupt}
          data-busy={busy}
          disabled={!connected}
          title={t('dock.interruptHint')}
          leftSection={<Icon name="stop" size={15} />}
          rightSection={<Kbd className={classes.key}>Esc</Kbd>}
          onClick={() => void interrupt()}
        >
          {t('dock.interrupt')}
        </Button>
        <Sound />
        <Picture stage={stage} />
      </div>
    </div>
  );
}

function Sound() {
  const { t } = useTranslation('stage');
  const sound = useStudio((s) => s.sound);
  const volume = useStudio((s) => s.volume);
  const silent = sound !== 'on' || volume === 0;
  return (
    <div className={classes.sound}>
      <IconButton
        icon={silent ? 'muted' : 'volume'}
        label={t(silent ? 'dock.unmute' : 'dock.mute')}
        onClick={() => useStudio.setState(silent ? { sound: 'on', volume: volume || 1 } : { sound: 'muted' })}
      />
      <Slider
        className={classes.volume}
        size={4}
        min={0}
        max={1}
        step={0.05}
        label={null}
        thumbLabel={t('dock.volume')}
        thumbSize={14}
        value={silent ? 0 : volume}
        onChange={(value) => useStudio.setState({ volume: value, sound: 'on' })}
      />
    </div>
  );
}
