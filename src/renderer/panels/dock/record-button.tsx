import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { formatDuration } from '../../components/format';
import { IconButton } from '../../components/icon-button';
import { useNow } from '../../components/use-now';
import type { Taping } from '../../store/state';
import { useStudio } from '../../store/studio';
import { toggleRecording } from '../../store/studio-actions';
import { useFigures } from '../library/figures';
import classes from './record-button.module.css';

const LABELS = {
  starting: 'record.starting',
  on: 'record.stop',
  ending: 'record.ending',
} as const satisfies Record<Taping['state'], string>;

/** Begins and ends a recording; in between it shows how long and how large it is. */
export function RecordButton() {
  const { t } = useTranslation('stage');
  const connected = useStudio((s) => s.connection.phase === 'connected');
  const taping = useStudio((s) => s.taping);
  const label = t(taping ? LABELS[taping.state] : 'record.start');
  return (
    <div className={`record-box ${classes.box}`}>
      <Button
        variant="default"
        className={classes.button}
        data-testid="record"
        data-state={taping?.state ?? 'off'}
        aria-label={label}
        aria-pressed={taping !== null}
        aria-busy={taping !== null && taping.state !== 'on'}
        title={taping ? label : t('record.startHint')}
        disabled={!connected}
        leftSection={<span className={classes.mark} aria-hidden="true" />}
        onClick={() => void toggleRecording()}
      >
        {taping?.state === 'on' ? (
          <Running taping={taping} />
        ) : (
          <span>{t(taping ? LABELS[taping.state] : 'record.button')}</span>
        )}
      </Button>
      <Problem />
    </div>
  );
}

function Running({ taping: { startedAtMs, bytes } }: { taping: Taping }) {
  const nowMs = useNow(true);
  const figures = useFigures();
  return (
    <span className={classes.figures}>
      <b>{formatDuration(nowMs - (startedAtMs ?? nowMs))}</b>
      {bytes !== null && <small>{figures.bytes(bytes)}</small>}
    </span>
  );
}

/** Why it did not begin or was not kept, above the button that it belongs to. */
function Problem() {
  const { t } = useTranslation(['stage', 'common']);
  const problem = useStudio((s) => s.tapeProblem);
  if (problem === null) return null;
  return (
    <div role="alert" className={classes.problem}>
      <div>
        <strong>{t('record.failed')}</strong>
        <p>{problem || t('common:error.network')}</p>
      </div>
      <IconButton
        small
        icon="close"
        label={t('common:action.dismiss')}
        onClick={() => useStudio.setState({ tapeProblem: null })}
      />
    </div>
  );
}
