import { Button } from '@mantine/core';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '../../components/icon';
import { IconButton } from '../../components/icon-button';
import { cancelUpload, playFile } from '../../store/actions';
import { useStudio } from '../../store/studio';

const AUDIO_TYPES = 'audio/*,.wav,.mp3,.m4a,.ogg,.opus,.flac,.webm,.aac,.mp4';

/** The file button, which becomes the progress of the file on its way. Both have one size: nothing moves. */
export function AudioFile({ connected }: { connected: boolean }) {
  const { t } = useTranslation(['chat', 'common']);
  const input = useRef<HTMLInputElement>(null);
  const upload = useStudio((s) => s.upload);
  if (upload) {
    const label = t(upload.progress === null ? 'compose.checking' : 'compose.uploading', { name: upload.name });
    return (
      <div className="upload">
        <div
          className="upload-bar"
          role="progressbar"
          aria-label={label}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={upload.progress === null ? undefined : Math.round(upload.progress * 100)}
          data-busy={upload.progress === null}
          title={label}
        >
          <span style={{ width: `${(upload.progress ?? 1) * 100}%` }} />
          <em>{label}</em>
        </div>
        <IconButton small icon="close" label={t('common:action.cancel')} onClick={cancelUpload} />
      </div>
    );
  }
  return (
    <>
      <Button
        variant="default"
        px={12}
        title={t('compose.audioHint')}
        leftSection={<Icon name="wave" size={18} />}
        disabled={!connected}
        onClick={() => input.current?.click()}
      >
        {t('compose.audio')}
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        accept={AUDIO_TYPES}
        data-testid="audio-input"
        onChange={(e) => {
          const files = [...(e.target.files ?? [])];
          // Emptied, so that picking the same file again counts as a change.
          e.target.value = '';
          void playFile(files);
        }}
      />
    </>
  );
}
