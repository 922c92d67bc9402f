import './words';
import { NativeSelect } from '@mantine/core';
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useWhileSeen } from '../../components/use-while-seen';
import { useStudio } from '../../store/studio';
import { Notice } from '../library/notice';
import { useServer } from '../server/server-store';
import { AddOutput } from './add-output';
import { OutputRow } from './output-row';
import classes from './outputs.module.css';
import { refreshOutputsOf, useOutputs } from './outputs-store';

const EVERY_MS = 1_000;
/** The server's own limit. */
const MOST = 8;

/** Where a session is sent to besides this page, how that goes, and to send it somewhere else too. */
export function Outputs() {
  const { t } = useTranslation('outputs');
  const sessions = useServer((s) => s.sessions);
  const own = useStudio((s) => s.connection.sessionId);
  const [chosen, setChosen] = useState<number>();
  const ids = sessions.map(({ sessionid }) => sessionid);
  const sessionId = [chosen, own, ids[0]].find((id) => id != null && ids.includes(id));
  if (sessionId == null) {
    return <Notice icon="person" title={t('outputs.noSession')} words={t('outputs.noSessionHint')} />;
  }
  return (
    <>
      <p className={classes.dim}>{t('outputs.what')}</p>
      {ids.length > 1 && (
        <NativeSelect
          className={classes.session}
          label={t('outputs.session')}
          value={String(sessionId)}
          onChange={(e) => setChosen(Number(e.currentTarget.value))}
          data={sessions.map(({ sessionid, avatar }) => ({
            value: String(sessionid),
            label: `${sessionid} · ${sessionid === own ? t('outputs.thisPage') : avatar}`,
          }))}
        />
      )}
      <OfSession key={sessionId} sessionId={sessionId} />
    </>
  );
}

function OfSession({ sessionId }: { sessionId: number }) {
  const { t } = useTranslation('outputs');
  const list = useOutputs((s) => (s.sessionId === sessionId ? s.list : null));
  const problem = useOutputs((s) => s.problem);
  const scope = useServer((s) => s.scope);
  useWhileSeen(
    true,
    useCallback(() => refreshOutputsOf(sessionId), [sessionId]),
    EVERY_MS,
  );
  const mayControl = scope !== 'view';
  return (
    <>
      <section className={classes.list} aria-labelledby="outputs-list">
        <h3 id="outputs-list">{t('outputs.title')}</h3>
        {problem !== '' && (
          <p className={classes.warn} role="alert">
            {t('outputs.failed', { why: problem })}
          </p>
        )}
        {list?.length === 0 && <p className={classes.dim}>{t('outputs.empty')}</p>}
        {list !== null && list.length > 0 && (
          <ul className={classes.rows}>
            {list.map((output) => (
              <OutputRow key={output.id} sessionId={sessionId} output={output} mayRemove={mayControl} />
            ))}
          </ul>
        )}
      </section>
      {!mayControl && <p className={classes.dim}>{t('outputs.viewOnly')}</p>}
      {mayControl && list !== null && list.length >= MOST && <p className={classes.dim}>{t('outputs.full')}</p>}
      {mayControl && (list === null || list.length < MOST) && <AddOutput sessionId={sessionId} />}
    </>
  );
}
