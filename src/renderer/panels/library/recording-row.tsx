import { Badge, Tooltip } from '@mantine/core';
import { Captions, Download as DownloadIcon, FolderOpen, Play, Share, Square, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RecordingSummary } from '../../../shared/protocol';
import { mediaUrl, subtitlesUrl } from '../../rtc/recordings';
import { isLookedThrough, useLibrary } from '../../store/library';
import { removeRecording } from '../../store/library-actions';
import { ExportLines } from './export-lines';
import { ExportPanel } from './export-panel';
import { useFigures } from './figures';
import classes from './media.module.css';
import { Action, Download, Facts, Fault, Player, Removed } from './media-parts';
import { RecordingTitle } from './recording-title';
import { canReveal, reveal } from './reveal';
import { ROW_STOP } from './row-keys';
import { Thumbnail } from './thumbnail';

export function RecordingRow(props: { recording: RecordingSummary; playing: boolean; onPlay(on: boolean): void }) {
  const { recording, playing, onPlay } = props;
  const { id, title, subtitles, durationMs } = recording;
  const [exporting, setExporting] = useState(false);
  const removal = useLibrary((s) => s.removals[id]);
  const fault = useLibrary((s) => s.faults[id]);
  if (removal) return <Removed id={id} title={title} undoable={removal.state === 'undoable'} />;
  return (
    <li className={classes.row} data-testid="recording" data-playing={playing}>
      {playing ? (
        <Player title={title} src={mediaUrl(id)} captions={subtitles ? subtitlesUrl(id, 'vtt') : null} />
      ) : (
        <Still recording={recording} onPlay={() => onPlay(true)} />
      )}
      <div className={classes.words}>
        <RecordingTitle id={id} title={title} />
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
      {exporting && <ExportPanel source={{ recording: id }} subtitles={subtitles} durationMs={durationMs} />}
      <ExportLines sourceId={id} />
    </li>
  );
}

function Still({ recording, onPlay }: { recording: RecordingSummary; onPlay(): void }) {
  const { t } = useTranslation('library');
  const figures = useFigures();
  const { id, title, durationMs } = recording;
  return (
    <button
      type="button"
      className={classes.still}
      aria-label={t('library.play', { title })}
      onClick={onPlay}
      {...ROW_STOP}
    >
      <Thumbnail id={id} />
      <span className={classes.play}>
        <Play size={18} fill="currentColor" aria-hidden="true" />
      </span>
      {durationMs !== null && <span className={classes.length}>{figures.length(durationMs)}</span>}
    </button>
  );
}

function About({ recording }: { recording: RecordingSummary }) {
  const { t } = useTranslation('library');
  const figures = useFigures();
  const { title, startedAt, durationMs, bytes, presenter, recovered } = recording;
  const unknown = t(isLookedThrough(recording) ? 'library.beingLookedThrough' : 'library.unknownLength');
  const facts = [
    figures.when(startedAt),
    durationMs === null ? unknown : figures.length(durationMs),
    figures.bytes(bytes),
    ...(presenter === title ? [] : [presenter]),
  ];
  return (
    <Facts facts={facts}>
      {recovered && (
        <Tooltip label={t('library.recoveredHint')}>
          <Badge size="sm" tt="none" className={classes.mark}>
            {t('library.recovered')}
          </Badge>
        </Tooltip>
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
  const { t } = useTranslation('library');
  const { id, title, file, subtitles } = props.recording;
  return (
    <div className={classes.actions}>
      {props.playing && <Action icon={Square} label={t('library.closePlayer')} onClick={() => props.onPlay(false)} />}
      <Download icon={DownloadIcon} href={mediaUrl(id)} label={t('library.download', { title })} />
      {subtitles && (
        <Download
          icon={Captions}
          href={subtitlesUrl(id, 'srt')}
          name={`${title}.srt`}
          label={t('library.downloadSubtitles')}
        />
      )}
      <Action
        icon={Share}
        label={t('export.open', { title })}
        expanded={props.exporting}
        onClick={() => props.onExport(!props.exporting)}
      />
      {canReveal() && (
        <Action icon={FolderOpen} label={t('library.reveal', { title })} onClick={() => void reveal(id, file)} />
      )}
      <Action icon={Trash2} grave label={t('library.delete', { title })} onClick={() => removeRecording(id)} />
    </div>
  );
}
