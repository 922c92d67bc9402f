import { useTranslation } from 'react-i18next';
import type { TurnLatency } from '../../../shared/protocol';
import { formatMs } from '../../components/format';
import type { Health } from '../../rtc/server';
import classes from './server.module.css';

/** In the order in which a turn comes past them. */
const STAGES = [
  'queuedMs',
  'firstTokenMs',
  'firstSentenceMs',
  'firstAudioMs',
  'firstSoundSentMs',
  'firstPictureSentMs',
  'interruptToSilenceMs',
] as const satisfies readonly (keyof TurnLatency)[];
const KINDS = ['echo', 'chat', 'audio'] as const;

/** How long viewers waited lately, stage by stage. */
export function LatencyBars({ latency }: { latency: Health['latencyMs'] }) {
  const { t } = useTranslation('server');
  const kinds = KINDS.filter((kind) => Object.keys(latency[kind] ?? {}).length > 0);
  // One measure for all, so that bars can be compared.
  const longest = Math.max(1, ...kinds.flatMap((kind) => Object.values(latency[kind] ?? {}).map(({ p95 }) => p95)));
  return (
    <section className={classes.section} aria-labelledby="server-latency">
      <h3 id="server-latency">{t('server.latency')}</h3>
      <p className={classes.dim}>{t(kinds.length === 0 ? 'server.latency.empty' : 'server.latency.hint')}</p>
      {kinds.map((kind) => {
        const stages = STAGES.filter((stage) => latency[kind]?.[stage]);
        const turns = Math.max(...stages.map((stage) => latency[kind]?.[stage]?.count ?? 0));
        return (
          <div key={kind} className={classes.latency}>
            <h4>
              {t(`server.kind.${kind}`)}{' '}
              <span className={classes.dim}>{t('server.latency.turns', { count: turns })}</span>
            </h4>
            <ul>
              {stages.map((stage) => {
                const { p50, p95 } = latency[kind]?.[stage] ?? { p50: 0, p95: 0 };
                const name = t(`server.stage.${stage}`);
                const label = t('server.latency.bar', { stage: name, p50: formatMs(p50), p95: formatMs(p95) });
                return (
                  <li key={stage}>
                    <span>{name}</span>
                    <span className={classes.bar} role="img" aria-label={label}>
                      <i style={{ width: `${(100 * p95) / longest}%` }} />
                      <i style={{ width: `${(100 * p50) / longest}%` }} />
                    </span>
                    <span className={classes.number}>
                      {formatMs(p50)} <span className={classes.dim}>/ {formatMs(p95)}</span>
                    </span>
                  </li>
                );
              })}
            </ul>
          </div>
        );
      })}
    </section>
  );
}
