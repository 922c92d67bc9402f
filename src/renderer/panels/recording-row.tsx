import { useEffect, useRef, useState } from 'react';
import type { RecordingSummary } from '../../shared/protocol';
import { formatBytes, formatDuration } from '../components/format';
import { Icon } from '../components/icon';
import { IconButton } from '../components/icon-button';
import { htmlLanguage } from '../i18n/translate';
import { useTranslate } from '../i18n/use-translate';
import { mediaUrl, subtitlesUrl } from '../rtc/recordings';
import { useLibrary } from '../store/library';
import { remove, undoRemove } from '../store/library-actions';
import { usePreferences } from '../store/preferences';
import { RecordingTitle } from './recording-title';
import { Thumbnail } from './thumbnail';

export function RecordingRow(props: { recording: RecordingSummary; playing: boolean; onPlay(on: boolean): void }) {
  const { recording, playing, onPlay } = props;
  const removal = useLibrary((s) => s.removals[recording.id]);
  const fault = useLibrary((s) => s.faults[recording.id]);
  if (removal) return <Removed recording={recording} undoable={removal.state === 'undoable'} />;
  return (
    <li className="recording" data-testid="recording" data-playing={playing}>
      {playing ? <Player recording={recording} /> : <Still recording={recording} onPlay={() => onPlay(true)} />}
      <div className="recording-words">
        <RecordingTitle id={recording.id} title={recording.title} />
        <Facts recording={recording} />
        {fault !== undefined && (
          <p className="recording-fault" role="alert">
            <Fault words={fault} />
          </p>
        )}
        <Actions recording={recording} playing={playing} onPlay={onPlay} />
      </div>
    </li>
  );
}

function Fault({ words }: { words: string }) {
  const t = useTranslate();
  return words || t('error.network');
}

function Still({ recording, onPlay }: { recording: RecordingSummary; onPlay(): void }) {
  const t = useTranslate();
  const { id, title, durationMs } = recording;
  return (
    <button type="button" className="recording-still" aria-label={t('library.play', { title })} onClick={onPlay}>
      <Thumbnail id={id} />
      <span className="recording-play">
        <Icon name="play" size={18} />
      </span>
      {durationMs !== null && <span className="recording-length">{formatDuration(durationMs)}</span>}
    </button>
  );
}

function Player({ recording }: { recording: RecordingSummary }) {
  const t = useTranslate();
  const language = usePreferences((s) => s.language);
  const [broken, setBroken] = useState(false);
  const video = useRef<HTMLVideoElement>(null);
  // Who pressed Play stays where the playing goes on: the button is gone.
  useEffect(() => video.current?.focus(), []);
  if (broken) {
    return (
      <p className="recording-fault" role="alert">
        {t('library.unplayable')}
      </p>
    );
  }
  return (
    // biome-ignore lint/a11y/useMediaCaption: a recording in which nothing was said has none.
    <video
      ref={video}
      className="recording-player"
      data-testid="player"
      src={mediaUrl(recording.id)}
      aria-label={recording.title}
      controls
      autoPlay
      playsInline
      onError={() => setBroken(true)}
    >
      {recording.subtitles && (
        <track
          kind="captions"
          default
          src={subtitlesUrl(recording.id, 'vtt')}
          srcLang={htmlLanguage[language]}
          label={t('library.subtitles')}
        />
      )}
    </video>
  );
}

function Facts({ recording }: { recording: RecordingSummary }) {
  const t = useTranslate();
  const language = usePreferences((s) => s.language);
  const { title, startedAt, durationMs, bytes, presenter, recovered } = recording;
  const when = new Intl.DateTimeFormat(htmlLanguage[language], { dateStyle: 'medium', timeStyle: 'short' });
  const facts = [
    when.format(new Date(startedAt)),
    durationMs === null ? t('library.unknownLength') : formatDuration(durationMs),
    formatBytes(bytes),
    ...(presenter === title ? [] : [presenter]),
  ];
  return (
    <p className="recording-facts">
      {facts.map((fact, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: places do not change.
        <span key={place}>{fact} </span>
      ))}
      {recovered && (
        <b className="recording-mark" title={t('library.recoveredHint')}>
          {t('library.recovered')}
        </b>
      )}
    </p>
  );
}

function Actions(props: { recording: RecordingSummary; playing: boolean; onPlay(on: boolean): void }) {
  const t = useTranslate();
  const { id, title, subtitles } = props.recording;
  return (
    <div className="recording-actions">
      {props.playing && (
        <IconButton small icon="stop" label={t('library.closePlayer')} onClick={() => props.onPlay(false)} />
      )}
      <a
        className="icon-button small"
        href={mediaUrl(id)}
        download
        aria-label={t('library.download', { title })}
        title={t('library.download', { title })}
      >
        <Icon name="download" size={16} />
      </a>
      {subtitles && (
        <a
          className="icon-button small"
          href={subtitlesUrl(id, 'srt')}
          download={`${title}.srt`}
          aria-label={t('library.downloadSubtitles')}
          title={t('library.downloadSubtitles')}
        >
          <Icon name="captions" size={16} />
        </a>
      )}
      <IconButton small icon="trash" label={t('library.delete', { title })} onClick={() => remove(id)} />
    </div>
  );
}

/** What stands in the row of a recording on its way out. */
function Removed({ recording, undoable }: { recording: RecordingSummary; undoable: boolean }) {
  const t = useTranslate();
  const undo = useRef<HTMLButtonElement>(null);
  // The pressed button is gone: its opposite takes the focus, so that a mistake is one key away from being undone.
  useEffect(() => undo.current?.focus(), []);
  return (
    <li className="recording removed" data-testid="recording" data-removed="true">
      <p role="status">{t(undoable ? 'library.deleted' : 'library.deleting', { title: recording.title })}</p>
      {undoable && (
        <button ref={undo} type="button" className="outline-button" onClick={() => undoRemove(recording.id)}>
          {t('library.undo')}
        </button>
      )}
    </li>
  );
}
