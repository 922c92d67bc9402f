import { useTranslation } from 'react-i18next';
import { useFigures } from '../library/figures';
import type { Sample } from './samples';
import classes from './server.module.css';
import { useServer } from './server-store';
import { Spark } from './spark';

const percent = (share: number) => `${Math.round(share * 100)} %`;
const rate = (perS: number) => perS.toFixed(perS < 10 ? 1 : 0);

/** What the server costs its machine, and what it gets done. */
export function LoadCharts() {
  const { t } = useTranslation('server');
  const figures = useFigures();
  const samples = useServer((s) => s.samples);
  const load = useServer((s) => s.health?.load);
  const last = samples.at(-1);
  if (!load) return null;
  const { childCpuMs, childRssBytes } = load;
  return (
    <section className={classes.section} aria-labelledby="server-load">
      <h3 id="server-load">{t('server.load')}</h3>
      <div className={classes.charts}>
        <Chart
          name={t('server.load.cpu')}
          value={(s) => s.cpu}
          other={(s) => s.ownCpu}
          show={percent}
          least={0.5}
          hint={
            childCpuMs === null
              ? t('server.load.cpuAlone', { cores: load.cores })
              : t('server.load.cpuHint', {
                  cores: load.cores,
                  own: percent(last?.ownCpu ?? 0),
                  others: percent((last?.cpu ?? 0) - (last?.ownCpu ?? 0)),
                })
          }
        />
        <Chart
          name={t('server.load.memory')}
          value={(s) => s.rssBytes}
          show={figures.bytes}
          least={256e6}
          hint={
            childRssBytes === null
              ? t('server.load.memoryAlone')
              : t('server.load.memoryHint', {
                  own: figures.bytes(load.rssBytes),
                  others: figures.bytes(childRssBytes),
                })
          }
        />
        <Chart
          name={t('server.load.pictures')}
          value={(s) => s.picturesPerS}
          show={rate}
          least={30}
          hint={t('server.load.picturesHint')}
        />
        <Chart
          name={t('server.load.missed')}
          value={(s) => s.missedPerMin}
          show={rate}
          least={10}
          hint={t('server.load.missedHint', { count: load.picturesMissed })}
        />
      </div>
      <p className={classes.dim}>
        {t('server.load.loop', { ms: Math.round(load.loopDelayMs.maxMs), p99: Math.round(load.loopDelayMs.p99Ms) })}
      </p>
    </section>
  );
}

function Chart(props: {
  name: string;
  value(sample: Sample): number;
  other?(sample: Sample): number;
  show(value: number): string;
  /** How much the picture's height stands for at least: a calm server has a flat line. */
  least: number;
  hint: string;
}) {
  const { t } = useTranslation('server');
  const samples = useServer((s) => s.samples);
  const values = samples.map(props.value);
  const now = values.at(-1);
  const words = now === undefined ? t('server.load.wait') : props.show(now);
  const most = props.show(Math.max(0, ...values));
  return (
    <div className={classes.chart}>
      <div className={classes.chartHead}>
        <span>{props.name}</span>
        <strong>{words}</strong>
      </div>
      <Spark
        name={t('server.load.chart', { name: props.name, now: words, most })}
        values={values}
        others={props.other ? samples.map(props.other) : []}
        least={props.least}
      />
      <p className={classes.dim}>{props.hint}</p>
    </div>
  );
}
