import { Button } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '../../components/icon';

import { usePreferences } from '../../store/preferences';
import { useStudio } from '../../store/studio';
import { refreshVoices } from '../../store/voice-actions';
import { standIn, voiceInUse } from '../../store/voices';
import { VoicePanel } from './voice-panel';

/** Names the voice, and opens the list to choose another one. */
export function VoicePicker() {
  const { t } = useTranslation(['voices', 'common']);
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const voices = useStudio((s) => s.voices);
  const heard = useStudio((s) => s.voice);
  const chosen = usePreferences((s) => s.voice);
  // A better engine that is out of reach is told in the list; the button warns of the one that was to speak.
  const failing = standIn(voices, heard)?.wanted === true;
  const name = voiceInUse(voices, chosen)?.name ?? t('voice.automatic');
  return (
    <>
      <Button
        ref={button}
        variant="default"
        className="voice-button"
        data-failing={failing}
        aria-haspopup="dialog"
        aria-expanded={open}
        aria-label={t('voice.button', { name })}
        title={t('voice.button', { name })}
        leftSection={<Icon name={failing ? 'alert' : 'voice'} size={18} />}
        onClick={() => {
          void refreshVoices();
          setOpen(true);
        }}
      >
        {name}
      </Button>
      {open && <VoiceDialog anchor={button.current} onClose={() => setOpen(false)} />}
    </>
  );
}

/** A sheet over the card that its button is in; at the foot of a narrow screen. The browser keeps the focus inside. */
function VoiceDialog({ anchor, onClose }: { anchor: HTMLElement | null; onClose(): void }) {
  const { t } = useTranslation(['voices', 'common']);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    if (!element) return;
    element.showModal();
    // Whoever opens the list wants to find a voice; on phones the keyboard would hide it.
    if (!matchMedia('(pointer: coarse)').matches) element.querySelector('input')?.focus();
    const place = () => {
      const box = anchor?.closest('.talk')?.getBoundingClientRect();
      if (!box) return;
      for (const side of ['top', 'left', 'width', 'height'] as const)
        element.style.setProperty(`--${side}`, `${box[side]}px`);
    };
    place();
    addEventListener('resize', place);
    return () => removeEventListener('resize', place);
  }, [anchor]);
  const close = () => dialog.current?.close();
  return (
    <dialog
      ref={dialog}
      className="voice-dialog"
      aria-label={t('voice.title')}
      onClose={onClose}
      onClick={(e) => e.target === e.currentTarget && close()}
      onKeyDown={(e) => {
        if (e.key !== 'Escape') return;
        // Here it closes the list; the presenter speaks on.
        e.preventDefault();
        e.stopPropagation();
        close();
      }}
    >
      <VoicePanel onDone={close} />
    </dialog>
  );
}
