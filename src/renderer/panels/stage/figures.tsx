import { useTranslation } from 'react-i18next';
import { formatBitrate, formatMs, formatRate, formatSignedMs } from '../../components/format';
import { Icon } from '../../components/icon';

import { usePreferences } from '../../store/preferences';
import { useStudio } from '../../store/studio';

/** Beyond this the lips and the voice are seen to part. */
const IN_SYNC_MS = 40;
const ENOUGH_FPS = 23;

type Name = 'fps' | 'offset' | 'latency' | 'token' | 'sound' | 'rtt' | 'bitrate' | 'session' | 'codec' | 'size';

/** The signal in figures, once a second. Closed, its heading still tells the most important ones. */
export function FiguresPanel() {
  const { t } = useTranslation('stage');
  const open = usePreferences((s) => s.figuresOpen);
  const f = useStudio((s) => s.figures);
  const latencyMs = useStudio((s) => s.latencyMs);
  const latency = useStudio((s) => s.latency);
  const sessionId = useStudio((s) => s.connection.sessionId);
  const show = <T,>(value: T | null, format: (value: T) => string) =>
    value === null ? t('figures.none') : format(value);
  const rows: { name: Name; value: string; warn?: boolean }[] = [
    { name: 'fps', value: show(f.fps, formatRate), warn: f.fps !== null && f.fps < ENOUGH_FPS },
    {
      name: 'offset',
      value: show(f.offsetMs, formatSignedMs),
      warn: f.offsetMs !== null && Math.abs(f.offsetMs) > IN_SYNC_MS,
    },
    { name: 'latency', value: show(latencyMs, formatMs) },
    { name: 'sound', value: show(latency?.firstSoundSentMs ?? null, formatMs) },
    { name: 'token', value: show(latency?.firstTokenMs ?? null, formatMs) },
    { name: 'rtt', value: show(f.rttMs, formatMs) },
    { name: 'bitrate', value: show(f.bitrateBps, formatBitrate) },
    { name: 'size', value: f.widthPx && f.heightPx ? `${f.widthPx} × ${f.heightPx}` : t('figures.none') },
    { name: 'codec', value: show(f.codec, String) },
    { name: 'session', value: show(sessionId, String) },
  ];
  return (
    <section className="figures" aria-label={t('figures.title')}>
      <button
        type="button"
        className="figures-head"
        aria-expanded={open}
        aria-controls="figures-list"
        onClick={() => usePreferences.setState({ figuresOpen: !open })}
      >
        <h2>{t('figures.title')}</h2>
        <span className="figures-short" aria-hidden="true">
          {!open && `${show(f.fps, (v) => `${formatRate(v)} fps`)} · ${show(f.bitrateBps, formatBitrate)}`}
        </span>
        <Icon name="chevron" size={18} />
      </button>
      {/* Hidden, not gone: the button above names it by its id. */}
      <dl id="figures-list" hidden={!open}>
        {rows.map(({ name, value, warn }) => (
          <div key={name} title={t(`figures.${name}Hint`)}>
            <dt>{t(`figures.${name}`)}</dt>
            <dd data-figure={name} data-warn={warn === true}>
              {value}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
