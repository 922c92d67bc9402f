import { Badge } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { SessionSummary } from '../../../shared/protocol';
import { formatRate } from '../../components/format';
import { StatePill } from '../../components/state-pill';
import { useWhileSeen } from '../../components/use-while-seen';
import { useStudio } from '../../store/studio';
import { Notice } from '../library/notice';
import { useDuration } from './durations';
import classes from './server.module.css';
import { closeSession, isWatched, refreshOutputs, useServer } from './server-store';
import { SureButton } from './sure-button';

const OUTPUTS_EVERY_MS = 3_000;

/** Who is on air, for whom; and to end it. */
export function Sessions() {
  const { t } = useTranslation('server');
  const sessions = useServer((s) => s.sessions);
  useWhileSeen(true, refreshOutputs, OUTPUTS_EVERY_MS);
  if (sessions.length === 0) {
    return <Notice icon="person" title={t('server.sessions.empty')} words={t('server.sessions.emptyHint')} />;
  }
  return (
    <ul className={classes.rows} aria-label={t('server.sessions.count', { count: sessions.length })}>
      {sessions.map((session) => (
        <Row key={session.sessionid} session={session} />
      ))}
    </ul>
  );
}

function Row({ session }: { session: SessionSummary }) {
  const { t } = useTranslation('server');
  const duration = useDuration();
  const { sessionid: id, state, avatar, studio, peer, videoCodec, startedAt, queuedTurns } = session;
  const own = useStudio((s) => s.connection.sessionId === id);
  const rate = useServer((s) => s.rates[id]);
  const outputs = useServer((s) => s.outputs[id]) ?? [];
  const closing = useServer((s) => s.closing.includes(id));
  const fault = useServer((s) => s.closeFaults[id]);
  const mayControl = useServer((s) => s.scope !== 'view');
  const who = studio ? 'studio' : peer === 'none' ? 'unwatched' : 'viewer';
  const facts = [
    avatar,
    videoCodec.toUpperCase(),
    t('server.session.age', { duration: duration((Date.now() - Date.parse(startedAt)) / 1_000) }),
    rate?.fps == null ? '' : t('server.session.fps', { fps: formatRate(rate.fps) }),
    rate && rate.missed > 0 ? t('server.session.missed', { count: rate.missed }) : '',
    rate && rate.outputs > 0 ? t('server.session.watching', { count: rate.outputs }) : '',
    queuedTurns > 0 ? t('server.session.waiting', { count: queuedTurns }) : '',
  ];
  const watched = isWatched(session, rate);
  return (
    <li className={classes.row} data-testid={`session-${id}`} data-own={own}>
      <div className={classes.rowWords}>
        <div className={classes.rowHead}>
          <code>{id}</code>
          {own ? (
            <Badge variant="light" tt="none">
              {t('server.session.thisPage')}
            </Badge>
          ) : (
            <span>{t(`server.session.${who}`)}</span>
          )}
          <StatePill state={state}>{t(`server.session.state.${state}`)}</StatePill>
        </div>
        <p className={classes.dim}>{facts.filter(Boolean).join(' · ')}</p>
        {outputs.length > 0 && (
          <p className={classes.outputs}>
            {outputs.map((output) => (
              <StatePill key={output.id} state={output.state} title={output.reason ?? output.url}>
                {t(`server.session.output.${output.state}`, { kind: output.kind.toUpperCase() })}
              </StatePill>
            ))}
          </p>
        )}
        {fault !== undefined && (
          <p className={classes.warn} role="alert">
            {fault || t('common:error.network' as never)}
          </p>
        )}
      </div>
      {mayControl && (
        <SureButton
          words={t(closing ? 'server.session.closing' : 'server.session.close')}
          label={t('server.session.closeOf', { id })}
          question={watched ? t(own ? 'server.session.sureOwn' : 'server.session.sure') : null}
          busy={closing}
          onSure={() => void closeSession(id)}
        />
      )}
    </li>
  );
}
