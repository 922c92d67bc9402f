import { Progress } from '@mantine/core';
import { Download as DownloadIcon, Trash2, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { type Export, exportUrl } from '../../rtc/exports';
import { dropExport, useExports } from '../../store/exports';
import classes from './export.module.css';
import { useFigures } from './figures';
import { Action, Download, Fault } from './media-parts';

/** Exports of a recording or a clip: on their way, ready to be taken along, or not made. */
export function ExportLines({ sourceId }: { sourceId: string }) {
  const { t } = useTranslation('library');
  const exports = useExports((s) => s.exports);
  const own = exports.filter(({ source }) => source.id === sourceId);
  if (own.length === 0) return null;
  return (
    <ul className={classes.lines} aria-label={t('export.list')}>
      {own.map((one) => (
        <ExportLine key={one.id} one={one} />
      ))}
    </ul>
  );
}

function ExportLine({ one }: { one: Export }) {
  const { t } = useTranslation('library');
  const figures = useFigures();
  const { id, state, format, progress, bytes, problem, createdAt } = one;
  const name = t(`export.format.${format}`);
  const open = state === 'queued' || state === 'running';
  return (
    <li className={classes.line} data-state={state} data-testid="export-line">
      <b>{name}</b>
      {open && (
        <>
          <Progress.Root size={6} className={classes.progress}>
            <Progress.Section value={progress * 100} aria-label={t('export.running', { name })} />
          </Progress.Root>
          <span className={classes.percent}>
            {state === 'queued' ? t('export.queued') : `${Math.round(progress * 100)} %`}
          </span>
          <Action icon={X} label={t('export.cancel', { name })} onClick={() => void dropExport(id)} />
        </>
      )}
      {state === 'failed' && <Fault words={problem} />}
      {state === 'done' && (
        <>
          <span className={classes.size}>
            {[bytes === undefined ? '' : figures.bytes(bytes), figures.time(createdAt)].filter(Boolean).join(' · ')}
          </span>
          <Download icon={DownloadIcon} href={exportUrl(id)} label={t('export.download', { name })} />
        </>
      )}
      {!open && <Action icon={Trash2} grave label={t('export.remove', { name })} onClick={() => void dropExport(id)} />}
    </li>
  );
}
