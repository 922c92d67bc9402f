import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Icon } from '../../components/icon';
import { openCast, useCast } from '../../store/cast';
import { usePreferences } from '../../store/preferences';
import { useStudio } from '../../store/studio';
import { standIn, voiceInUse } from '../../store/voices';

/** Names the voice, and opens the list to listen to others and choose one. */
export function VoicePicker() {
  const { t } = useTranslation(['voices', 'common']);
  const open = useCast((s) => s.open && s.tab === 'voices');
  const voices = useStudio((s) => s.voices);
  const heard = useStudio((s) => s.voice);
  const chosen = usePreferences((s) => s.voice);
  // A better engine that is out of reach is told in the list; the button warns of the one that was to speak.
  const failing = standIn(voices, heard)?.wanted === true;
  const name = voiceInUse(voices, chosen)?.name ?? t('voice.automatic');
  return (
    <Button
      variant="default"
      className="voice-button"
      data-failing={failing}
      aria-haspopup="dialog"
      aria-expanded={open}
      aria-label={t('voice.button', { name })}
      title={t('voice.button', { name })}
      leftSection={<Icon name={failing ? 'alert' : 'voice'} size={18} />}
      onClick={() => openCast('voices')}
    >
      {name}
    </Button>
  );
}
