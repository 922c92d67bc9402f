import { useRef } from 'react';
import { Icon } from '../../components/icon';
import { IconButton } from '../../components/icon-button';
import { useTranslate } from '../../i18n/use-translate';
import { cancelUpload, playFile } from '../../store/actions';
import { useStudio } from '../../store/studio';

const AUDIO_TYPES = 'audio/*,.wav,.mp3,.m4a,.ogg,.opus,.flac,.webm,.aac,.mp4';

/** The file button, which becomes the progress of the file on its way. Both have one size: nothing moves. */
export function AudioFile({ connected }: { connected: boolean }) {
  const t = useTranslate();
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
        <IconButton small icon="close" label={t('action.cancel')} onClick={cancelUpload} />
      </div>
    );
  }
  return (
    <>
      <button
        type="button"
        className="outline-button"
        title={t('compose.audioHint')}
        disabled={!connected}
        onClick={() => input.current?.click()}
      >
        <Icon name="wave" size={18} />
        {t('compose.audio')}
      </button>
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
