import { Loader } from '@mantine/core';
import { Square, Volume2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { listenTo, useVoicePreview } from '../../store/voice-preview';
import classes from './voices.module.css';

/** Lets a voice say its greeting; while it does, it stops it. No tooltip of its own: there may be four hundred of them. */
export function ListenButton({ voice, name, stop }: { voice: string; name: string; stop: boolean }) {
  const { t } = useTranslation('presenters');
  const state = useVoicePreview((s) => (s.voice === voice ? s.state : 'idle'));
  const label = t(state === 'idle' ? 'listen.to' : 'listen.stopOf', { name });
  return (
    <button
      type="button"
      className={classes.listen}
      data-state={state}
      data-testid="listen"
      aria-label={label}
      title={label}
      aria-busy={state === 'loading'}
      tabIndex={stop || state !== 'idle' ? 0 : -1}
      onClick={() => void listenTo(voice)}
    >
      {state === 'loading' && <Loader size={15} aria-hidden="true" />}
      {state === 'playing' && <Square size={13} fill="currentColor" aria-hidden="true" />}
      {state === 'idle' && <Volume2 size={16} strokeWidth={1.8} aria-hidden="true" />}
      <span>{t(state === 'idle' ? 'listen.listen' : 'listen.stop')}</span>
    </button>
  );
}
