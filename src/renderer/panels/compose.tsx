import { type KeyboardEvent, useRef, useState } from 'react';
import { Icon } from '../components/icon';
import { IconButton } from '../components/icon-button';
import { useTranslate } from '../i18n/use-translate';
import { cancelUpload, playFile, sayText } from '../store/actions';
import { useStudio } from '../store/studio';

const AUDIO_TYPES = 'audio/*,.wav,.mp3,.m4a,.ogg,.opus,.flac,.webm,.aac,.mp4';

/** Where words and audio files go in. */
export function Compose() {
  const t = useTranslate();
  const [text, setText] = useState('');
  const box = useRef<HTMLTextAreaElement>(null);
  const connected = useStudio((s) => s.connection.phase === 'connected');

  const send = async () => {
    const words = text.trim();
    if (!words || !connected) return;
    setText('');
    // What could not be said comes back, unless something new has been typed meanwhile.
    if (!(await sayText(words))) setText((now) => now || words);
  };
  const onKey = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    // Enter that confirms an input method's candidate must not send.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send();
  };

  return (
    <form
      className="compose"
      onSubmit={(e) => {
        e.preventDefault();
        void send();
      }}
    >
      <textarea
        ref={box}
        rows={3}
        value={text}
        // biome-ignore lint/a11y/noAutofocus: typing is what this page is for; phones keep their keyboard closed.
        autoFocus={!matchMedia('(pointer: coarse)').matches}
        aria-label={t('compose.label')}
        aria-describedby="compose-keys"
        placeholder={t('compose.placeholder')}
        onChange={(e) => setText(e.target.value)}
        onKeyDown={onKey}
      />
      <div className="compose-row">
        <AudioFile connected={connected} />
        <button type="submit" className="primary-button send" disabled={!connected || text.trim() === ''}>
          <Icon name="send" size={18} />
          {t('compose.send')}
        </button>
      </div>
      <p id="compose-keys" className="visually-hidden">
        {t('compose.keys')}
      </p>
    </form>
  );
}

/** The file button, which becomes the progress of the file on its way. Both have one size: nothing moves. */
function AudioFile({ connected }: { connected: boolean }) {
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
