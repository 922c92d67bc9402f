import { useEffect, useState } from 'react';
import { formatBytes } from '../components/format';
import { IconButton } from '../components/icon-button';
import { ProgressBar } from '../components/progress-bar';
import { useTranslate } from '../i18n/use-translate';
import {
  EXPORT_FORMATS,
  type Export,
  type ExportFormat,
  type ExportSource,
  exportUrl,
  fittingWish,
} from '../rtc/exports';
import { dropExport, isExporting, refreshExports, sourceKey, startExport, useExports } from '../store/exports';
import { Download, Fault } from './media-parts';

/** How often the page asks how far an export is. */
const ASK_MS = 700;
const CROPS = ['none', 'square', 'portrait'] as const;
type Crop = (typeof CROPS)[number];

/** Another format, another shape: what is wanted, and what is on its way or ready to be taken along. */
export function ExportPanel({ source, subtitles }: { source: ExportSource; subtitles: boolean }) {
  const t = useTranslate();
  const [format, setFormat] = useState<ExportFormat>('mp4');
  const [crop, setCrop] = useState<Crop>('none');
  const [burnIn, setBurnIn] = useState(false);
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<string>();
  const { exports, sources } = useExports();
  const own = exports.filter(({ id }) => sources[id] === sourceKey(source));
  const busy = isExporting(own);
  useEffect(() => {
    if (!busy) return;
    const timer = setInterval(() => void refreshExports(), ASK_MS);
    return () => clearInterval(timer);
  }, [busy]);
  const soundOnly = Object.keys(fittingWish(format, 'square', true)).length === 1;

  const start = async () => {
    setAsking(true);
    const refused = await startExport(source, fittingWish(format, crop === 'none' ? undefined : crop, burnIn));
    setProblem(refused ?? undefined);
    setAsking(false);
  };

  return (
    <section className="export-panel" aria-label={t('export.title')} data-testid="export">
      <div className="export-choices">
        <label>
          <span>{t('export.format')}</span>
          <select value={format} onChange={(e) => setFormat(e.target.value as ExportFormat)}>
            {EXPORT_FORMATS.map((value) => (
              <option key={value} value={value}>
                {t(`export.format.${value}`)}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>{t('export.shape')}</span>
          <select value={crop} disabled={soundOnly} onChange={(e) => setCrop(e.target.value as Crop)}>
            {CROPS.map((value) => (
              <option key={value} value={value}>
                {t(`export.shape.${value}`)}
              </option>
            ))}
          </select>
        </label>
        <button type="button" className="primary-button" disabled={asking} onClick={() => void start()}>
          {t('export.start')}
        </button>
      </div>
      {subtitles && (
        <label className="export-check">
          <input type="checkbox" checked={burnIn} disabled={soundOnly} onChange={(e) => setBurnIn(e.target.checked)} />
          {t('export.subtitles')}
        </label>
      )}
      <Fault words={problem} />
      {own.map((one) => (
        <ExportLine key={one.id} one={one} />
      ))}
    </section>
  );
}

function ExportLine({ one }: { one: Export }) {
  const t = useTranslate();
  const { id, state, format, progress, bytes, problem } = one;
  const name = t(`export.format.${format}`);
  const open = state === 'queued' || state === 'running';
  return (
    <div className="export-line" data-state={state} data-testid="export-line">
      <b>{name}</b>
      {open && <ProgressBar label={t('export.running', { name })} share={progress} />}
      {open && (
        <IconButton small icon="close" label={t('export.cancel', { name })} onClick={() => void dropExport(id)} />
      )}
      {state === 'failed' && <Fault words={problem} />}
      {state === 'done' && <span className="export-size">{bytes === undefined ? '' : formatBytes(bytes)}</span>}
      {state === 'done' && <Download icon="download" href={exportUrl(id)} label={t('export.download', { name })} />}
      {!open && (
        <IconButton small icon="trash" label={t('export.remove', { name })} onClick={() => void dropExport(id)} />
      )}
    </div>
  );
}
