import { useTranslation } from 'react-i18next';
import { allInOwnWords } from '../../i18n/told';
import type { Health } from '../../rtc/server';
import { Addresses } from './addresses';
import { useDuration } from './durations';
import { Engines } from './engines';
import { LatencyBars } from './latency-bars';
import { LoadCharts } from './load-charts';
import classes from './server.module.css';
import { useServer } from './server-store';

/** How the server is, in the order in which one asks. */
export function Overview() {
  const health = useServer((s) => s.health);
  const stale = useServer((s) => s.state === 'stale');
  if (!health) return null;
  return (
    <>
      {!stale && <Condition health={health} />}
      <Addresses />
      <LoadCharts />
      <LatencyBars latency={health.latencyMs} />
      <Engines health={health} />
    </>
  );
}

function Condition({ health }: { health: Health }) {
  const { t } = useTranslation('server');
  const duration = useDuration();
  const { status, version, uptimeS, platform, toldReasons } = health;
  const reasons = allInOwnWords(toldReasons, health.reasons);
  return (
    <section className={classes.condition} data-status={status} data-testid="server-condition">
      <div className={classes.conditionHead}>
        <i className={classes.mark} aria-hidden="true" />
        <strong role="status">{t(`server.status.${status}`)}</strong>
        <span className={classes.dim}>
          {t('server.version', { version })} · {platform} · {t('server.uptime', { duration: duration(uptimeS) })}
        </span>
      </div>
      {reasons.length > 0 && (
        <ul>
          {reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
    </section>
  );
}
