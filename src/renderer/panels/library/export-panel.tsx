import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  EXPORT_FORMATS,
  type ExportFormat,
  type ExportSource,
  fittingWish,
  hasAlpha,
  isSoundOnly,
} from '../../rtc/exports';
import { startExport } from '../../store/exports';
import classes from './export.module.css';
import { useFigures } from './figures';
import { Fault } from './media-parts';
import { parseTimeS, partOf } from './time';

const CROPS = ['none', 'square', 'portrait'] as const;
type Crop = (typeof CROPS)[number];

/** Another format, another shape, a part of it: what is wanted. */
export function ExportPanel(props: {
  source: ExportSource;
  subtitles: boolean;
  durationMs: number | null;
  /** It has alpha, which some formats can keep. */
  transparent?: boolean;
}) {
  const { t } = useTranslation('library');
  const figures = useFigures();
  const { source, subtitles, durationMs, transparent = false } = props;
  const [format, setFormat] = useState<ExportFormat>(transparent ? 'mov' : 'mp4');
  const [crop, setCrop] = useState<Crop>('none');
  const [burnIn, setBurnIn] = useState(false);
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<string>();
  const soundOnly = isSoundOnly(format);
  const keepsAlpha = transparent && hasAlpha(format);
  const part = partOf(from, to, durationMs);

  const start = async () => {
    if (!part) return;
    setAsking(true);
    setProblem(undefined);
    const shape = crop === 'none' ? undefined : crop;
    const refused = await startExport(source, {
      ...fittingWish(format, shape, burnIn),
      ...(keepsAlpha && { transparent: true }),
      ...part,
    });
    setProblem(refused ?? undefined);
    setAsking(false);
  };

  const time = (label: string, value: string, placeholder: string, onChange: (value: string) => void) => (
    <TextInput
      className={classes.time}
      label={label}
      value={value}
      placeholder={placeholder}
      inputMode="numeric"
      error={value !== '' && (parseTimeS(value) === undefined || !part)}
      aria-describedby={part ? undefined : 'export-time-fault'}
      onChange={(e) => onChange(e.currentTarget.value)}
    />
  );

  return (
    <form
      className={classes.panel}
      aria-label={t('export.title')}
      data-testid="export"
      onSubmit={(e) => {
        e.preventDefault();
        void start();
      }}
    >
      <div className={classes.choices}>
        <NativeSelect
          label={t('export.format')}
          value={format}
          data={EXPORT_FORMATS.map((value) => ({ value, label: t(`export.format.${value}`) }))}
          onChange={(e) => setFormat(e.currentTarget.value as ExportFormat)}
        />
        <NativeSelect
          label={t('export.shape')}
          value={crop}
          disabled={soundOnly}
          data={CROPS.map((value) => ({ value, label: t(`export.shape.${value}`) }))}
          onChange={(e) => setCrop(e.currentTarget.value as Crop)}
        />
      </div>
      <div className={classes.choices}>
        {time(t('export.from'), from, '0:00', setFrom)}
        {time(t('export.to'), to, durationMs === null ? '' : figures.length(durationMs), setTo)}
        <Button type="submit" className={classes.start} disabled={asking || !part} loading={asking}>
          {t('export.start')}
        </Button>
      </div>
      {!part && (
        <p id="export-time-fault" className={classes.timeFault} role="status">
          {t('export.badTime')}
        </p>
      )}
      {subtitles && (
        <Checkbox
          label={t('export.subtitles')}
          checked={burnIn && !soundOnly}
          disabled={soundOnly}
          onChange={(e) => setBurnIn(e.currentTarget.checked)}
        />
      )}
      {transparent && !soundOnly && <p>{t(keepsAlpha ? 'export.keepsAlpha' : 'export.onWhite')}</p>}
      <Fault words={problem} />
    </form>
  );
}
