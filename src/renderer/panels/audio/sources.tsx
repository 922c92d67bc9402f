import { Button, FileButton } from '@mantine/core';
import { FileAudio, Mic } from 'lucide-react';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { AUDIO_TYPES, openFile, startRecording } from '../../store/audio-actions';
import classes from './audio.module.css';

/** Where recordings come from. */
export function Sources({ opening }: { opening: string | null }) {
  const { t } = useTranslation('audio');
  const reset = useRef<() => void>(null);
  return (
    <div className={classes.sources}>
      <FileButton
        accept={AUDIO_TYPES}
        resetRef={reset}
        inputProps={{ 'data-testid': 'recording-input', tabIndex: -1 } as object}
        onChange={(file) => {
          // Emptied, so that picking the same file again counts as a change.
          reset.current?.();
          if (file) void openFile(file);
        }}
      >
        {(props) => (
          <Button
            {...props}
            variant="default"
            leftSection={<FileAudio size={16} aria-hidden="true" />}
            loading={opening !== null}
          >
            {t('audio.pick')}
          </Button>
        )}
      </FileButton>
      <Button
        variant="default"
        leftSection={<Mic size={16} aria-hidden="true" />}
        title={t('audio.recordHint')}
        onClick={() => void startRecording()}
      >
        {t('audio.record')}
      </Button>
    </div>
  );
}
