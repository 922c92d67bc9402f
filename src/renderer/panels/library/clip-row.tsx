import { Progress } from '@mantine/core';
import { Captions, Download as DownloadIcon, Play, Share, Square, Trash2, X } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Clip, clipSubtitlesUrl, clipUrl } from '../../rtc/clips';
import { useLibrary } from '../../store/library';
import { cancelClip, removeClip } from '../../store/library-actions';
import classes from './clips.module.css';
import { ExportLines } from './export-lines';
import { ExportPanel } from './export-panel';
import { useFigures } from './figures';
import media from './media.module.css';
import { Action, Download, Facts, Fault, Player, Removed } from './media-parts';
import { ROW_STOP } from './row-keys';

export function ClipRow({ clip, playing, onPlay }: { clip: Clip; playing: boolean; onPlay(on: boolean): void }) {
  const { t } = useTranslation('library');
  const [exporting, setExporting] = useState(false);
  const removal = useLibrary((s) => s.removals[clip.id]);
  const fault = useLibrary((s) => s.faults[clip.id]);
  const { id, title, state, durationMs, transparent } = clip;
  if (removal) return <Removed id={id} title={title} undoable={removal.state === 'undoable'} />;
  const open = state === 'queued' || state === 'running';
  return (
    <li className={classes.row} data-testid="clip" data-state={state} data-playing={playing}>
      {playing && <Player title={title} src={clipUrl(id)} captions={clipSubtitlesUrl(id, 'vtt')} />}
      <div className={media.words}>
        <h3 className={classes.title} tabIndex={-1} {...ROW_STOP}>
          {title}
        </h3>
        {state === 'done' && <About clip={clip} />}
        {open && <Making clip={clip} />}
        {state === 'failed' && <Fault words={`${t('clips.failed')}: ${clip.problem ?? ''}`} />}
        {clip.warnings.map((warning) => (
          <p key={warning} className={classes.warning}>
            {warning}
          </p>
        ))}
        <Fault words={fault} />
        {!open && (
          <div className={media.actions}>
            {state === 'done' && (
              <>
                <Action
                  icon={playing ? Square : Play}
                  label={playing ? t('library.closePlayer') : t('library.play', { title })}
                  onClick={() => onPlay(!playing)}
                />
                <Download icon={DownloadIcon} href={clipUrl(id)} label={t('library.download', { title })} />
                <Download
                  icon={Captions}
                  href={clipSubtitlesUrl(id, 'srt')}
                  name={`${title}.srt`}
                  label={t('library.downloadSubtitles')}
                />
                <Action
                  icon={Share}
                  label={t('export.open', { title })}
                  expanded={exporting}
                  onClick={() => setExporting(!exporting)}
                />
              </>
            )}
            <Action icon={Trash2} grave label={t('library.delete', { title })} onClick={() => removeClip(id)} />
          </div>
        )}
      </div>
      {exporting && (
        <ExportPanel source={{ clip: id }} subtitles durationMs={durationMs ?? null} transparent={transparent} />
      )}
      <ExportLines sourceId={id} />
    </li>
  );
}

function Making({ clip }: { clip: Clip }) {
  const { t } = useTranslation('library');
  const { id, title, state, progress } = clip;
  const label = t(state === 'queued' ? 'clips.queued' : 'clips.running');
  return (
    <div className={classes.making}>
      <Progress.Root size={6} className={classes.progress}>
        <Progress.Section value={progress * 100} aria-label={`${label}: ${title}`} />
      </Progress.Root>
      <span>{state === 'queued' ? label : `${label} · ${Math.round(progress * 100)} %`}</span>
      <Action icon={X} label={t('clips.cancel', { title })} onClick={() => void cancelClip(id)} />
    </div>
  );
}

function About({ clip }: { clip: Clip }) {
  const { t } = useTranslation('library');
  const figures = useFigures();
  const { createdAt, durationMs, bytes, widthPx, heightPx, avatar, transparent } = clip;
  const facts = [
    figures.when(createdAt),
    durationMs === undefined ? '' : figures.length(durationMs),
    bytes === undefined ? '' : figures.bytes(bytes),
    widthPx && heightPx ? `${widthPx} × ${heightPx}` : '',
    avatar,
    transparent ? t('clips.isTransparent') : '',
  ].filter(Boolean);
  return <Facts facts={facts} />;
}
