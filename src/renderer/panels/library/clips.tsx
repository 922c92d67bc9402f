import { useEffect, useState } from 'react';
import { formatBytes, formatDuration } from '../components/format';
import { Icon } from '../components/icon';
import { IconButton } from '../components/icon-button';
import { ProgressBar } from '../components/progress-bar';
import { htmlLanguage } from '../i18n/translate';
import { useTranslate } from '../i18n/use-translate';
import { type Clip, clipSubtitlesUrl, clipUrl } from '../rtc/clips';
import { isMakingClips, useLibrary } from '../store/library';
import { cancelClip, refreshClips, removeClip } from '../store/library-actions';
import { usePreferences } from '../store/preferences';
import { ClipMaker } from './clip-maker';
import { ExportPanel } from './export-panel';
import { Download, ExportButton, Facts, Fault, Player, Removed } from './media-parts';

/** How often the page asks how far a clip is. */
const ASK_MS = 700;

/** Clips: the one to be written, those being made, and those that are there. */
export function Clips({ clips }: { clips: Clip[] }) {
  const t = useTranslate();
  const [playing, setPlaying] = useState<string | null>(null);
  const making = isMakingClips({ clips });
  useEffect(() => {
    if (!making) return;
    const timer = setInterval(() => void refreshClips(), ASK_MS);
    return () => clearInterval(timer);
  }, [making]);
  return (
    <div className="library" data-testid="clips">
      <ClipMaker />
      {clips.length === 0 ? (
        <div className="library-notice">
          <Icon name="film" size={34} />
          <strong>{t('clips.empty')}</strong>
          <p>{t('clips.emptyHint')}</p>
        </div>
      ) : (
        <ul className="recordings" aria-label={t('clips.title')}>
          {clips.map((clip) => (
            <ClipRow
              key={clip.id}
              clip={clip}
              playing={playing === clip.id}
              onPlay={(on) => setPlaying(on ? clip.id : null)}
            />
          ))}
        </ul>
      )}
    </div>
  );
}

function ClipRow({ clip, playing, onPlay }: { clip: Clip; playing: boolean; onPlay(on: boolean): void }) {
  const t = useTranslate();
  const [exporting, setExporting] = useState(false);
  const removal = useLibrary((s) => s.removals[clip.id]);
  const fault = useLibrary((s) => s.faults[clip.id]);
  const { id, title, state } = clip;
  if (removal) return <Removed id={id} title={title} undoable={removal.state === 'undoable'} />;
  const open = state === 'queued' || state === 'running';
  return (
    <li className="recording clip" data-testid="clip" data-state={state} data-playing={playing}>
      {playing && <Player title={title} src={clipUrl(id)} captions={clipSubtitlesUrl(id, 'vtt')} />}
      <div className="recording-words">
        <h3 className="clip-title">{title}</h3>
        {state === 'done' && <ClipFacts clip={clip} />}
        {open && <Progress clip={clip} />}
        {state === 'failed' && <Fault words={`${t('clips.failed')}: ${clip.problem ?? ''}`} />}
        {clip.warnings.map((warning) => (
          <p key={warning} className="clip-warning">
            {warning}
          </p>
        ))}
        <Fault words={fault} />
        <div className="recording-actions">
          {state === 'done' && (
            <>
              <IconButton
                small
                icon={playing ? 'stop' : 'play'}
                label={playing ? t('library.closePlayer') : t('library.play', { title })}
                onClick={() => onPlay(!playing)}
              />
              <Download icon="download" href={clipUrl(id)} label={t('library.download', { title })} />
              <Download
                icon="captions"
                href={clipSubtitlesUrl(id, 'srt')}
                name={`${title}.srt`}
                label={t('library.downloadSubtitles')}
              />
            </>
          )}
          {state === 'done' && <ExportButton on={exporting} title={title} onToggle={setExporting} />}
          {!open && (
            <IconButton small icon="trash" label={t('library.delete', { title })} onClick={() => removeClip(id)} />
          )}
        </div>
      </div>
      {exporting && <ExportPanel source={{ clip: id }} subtitles />}
    </li>
  );
}

function Progress({ clip }: { clip: Clip }) {
  const t = useTranslate();
  const label = t(clip.state === 'queued' ? 'clips.queued' : 'clips.running');
  const percent = Math.round(clip.progress * 100);
  return (
    <div className="clip-progress">
      <ProgressBar label={`${label}: ${clip.title}`} share={clip.progress} />
      <span>{clip.state === 'queued' ? label : `${label} · ${percent} %`}</span>
      <IconButton
        small
        icon="close"
        label={t('clips.cancel', { title: clip.title })}
        onClick={() => void cancelClip(clip.id)}
      />
    </div>
  );
}

function ClipFacts({ clip }: { clip: Clip }) {
  const language = usePreferences((s) => s.language);
  const when = new Intl.DateTimeFormat(htmlLanguage[language], { dateStyle: 'medium', timeStyle: 'short' });
  const { createdAt, durationMs, bytes, widthPx, heightPx, avatar } = clip;
  const facts = [
    when.format(new Date(createdAt)),
    durationMs === undefined ? '' : formatDuration(durationMs),
    bytes === undefined ? '' : formatBytes(bytes),
    widthPx && heightPx ? `${widthPx} × ${heightPx}` : '',
    avatar,
  ].filter(Boolean);
  return <Facts facts={facts} />;
}
