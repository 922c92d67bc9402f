import { useState } from 'react';
import type { RecordingSummary } from '../../shared/protocol';
import { formatBytes, formatDuration } from '../components/format';
import { Icon } from '../components/icon';
import { IconButton } from '../components/icon-button';
import { htmlLanguage } from '../i18n/translate';
import { useTranslate } from '../i18n/use-translate';
import { mediaUrl, subtitlesUrl } from '../rtc/recordings';
import { useLibrary } from '../store/library';
import { removeRecording } from '../store/library-actions';
import { usePreferences } from '../store/preferences';
import { ExportPanel } from './export-panel';
import { Download, ExportButton, Facts, Fault, Player, Removed } from './media-parts';
import { RecordingTitle } from './recording-title';
import { Thumbnail } from './thumbnail';

export function RecordingRow(props: { recording: RecordingSummary; playing: boolean; onPlay(on: boolean): void }) {
  const { recording, playing, onPlay } = props;
  const [exporting, setExporting] = useState(false);
  const removal = useLibrary((s) => s.removals[recording.id]);
  const fault = useLibrary((s) => s.faults[recording.id]);
  if (removal) return <Removed id={recording.id} title={recording.title} undoable={removal.state === 'undoable'} />;
  return (
    <li className="recording" data-testid="recording" data-playing={playing}>
      {playing ? (
        <Player
          title={recording.title}
          src={mediaUrl(recording.id)}
          captions={recording.subtitles ? subtitlesUrl(recording.id, 'vtt') : null}
        />
      ) : (
        <Still recording={recording} onPlay={() => onPlay(true)} />
      )}
      <div className="recording-words">
        <RecordingTitle id={recording.id} title={recording.title} />
        <About recording={recording} />
        <Fault words={fault} />
        <Actions
          recording={recording}
          playing={playing}
          exporting={exporting}
          onPlay={onPlay}
          onExport={setExporting}
        />
      </div>
      {exporting && <ExportPanel source={{ recording: recording.id }} subtitles={recording.subtitles} />}
    </li>
  );
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

function About({ recording }: { recording: RecordingSummary }) {
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
    <Facts facts={facts}>
      {recovered && (
        <b className="recording-mark" title={t('library.recoveredHint')}>
          {t('library.recovered')}
        </b>
      )}
    </Facts>
  );
}

function Actions(props: {
  recording: RecordingSummary;
  playing: boolean;
  exporting: boolean;
  onPlay(on: boolean): void;
  onExport(on: boolean): void;
}) {
  const t = useTranslate();
  const { id, title, subtitles } = props.recording;
  return (
    <div className="recording-actions">
      {props.playing && (
        <IconButton small icon="stop" label={t('library.closePlayer')} onClick={() => props.onPlay(false)} />
      )}
      <Download icon="download" href={mediaUrl(id)} label={t('library.download', { title })} />
      {subtitles && (
        <Download
          icon="captions"
          href={subtitlesUrl(id, 'srt')}
          name={`${title}.srt`}
          label={t('library.downloadSubtitles')}
        />
      )}
      <ExportButton on={props.exporting} title={title} onToggle={props.onExport} />
      <IconButton small icon="trash" label={t('library.delete', { title })} onClick={() => removeRecording(id)} />
    </div>
  );
}
