import { useTranslation } from 'react-i18next';
import type { OutputView } from '../../../shared/protocol';
import { StatePill } from '../../components/state-pill';
import { useFigures } from '../library/figures';
import { useDuration } from '../server/durations';
import { SureButton } from '../server/sure-button';
import classes from './outputs.module.css';
import { remove, useOutputs } from './outputs-store';

export function OutputRow(props: { sessionId: number; output: OutputView; mayRemove: boolean }) {
  const { t } = useTranslation('outputs');
  const figuresIn = useFigures();
  const duration = useDuration();
  const { id, kind, url, state, since, reason, figures } = props.output;
  const removing = useOutputs((s) => s.removing.includes(id));
  const fault = useOutputs((s) => s.removeFaults[id]);
  const bytes = figures.sentBytes ?? figures.rtpBytes ?? 0;
  const dropped = figures.droppedPictures ?? 0;
  const waitS = Math.ceil((figures.retryInMs ?? 0) / 1_000);
  const facts = [
    state === 'live' ? t('outputs.for', { duration: duration((Date.now() - Date.parse(since)) / 1_000) }) : '',
    state === 'reconnecting' ? (waitS > 0 ? t('outputs.retryIn', { seconds: waitS }) : t('outputs.retrying')) : '',
    bytes > 0 ? t('outputs.sent', { bytes: figuresIn.bytes(bytes) }) : '',
    kind === 'camera' && figures.pictures ? t('outputs.pictures', { count: figures.pictures }) : '',
    dropped > 0 ? t('outputs.dropped', { count: dropped }) : '',
    kind === 'camera' && state === 'live' && figures.microphones === 0 ? t('outputs.silent') : '',
  ];
  return (
    <li className={classes.row} data-testid={`output-${kind}`} data-state={state}>
      <div className={classes.rowWords}>
        <div className={classes.rowHead}>
          <strong>{t(`outputs.kind.${kind}`)}</strong>
          <StatePill state={state}>{t(`outputs.state.${state}`)}</StatePill>
        </div>
        <code className={classes.where}>{url}</code>
        <p className={classes.dim}>{facts.filter(Boolean).join(' · ')}</p>
        {reason !== undefined && state !== 'closed' && (
          <p className={state === 'failed' ? classes.warn : classes.reason}>{reason}</p>
        )}
        {fault && (
          <p className={classes.warn} role="alert">
            {fault}
          </p>
        )}
      </div>
      {props.mayRemove && (
        <SureButton
          words={t('outputs.remove')}
          label={t('outputs.removeOf', { kind: t(`outputs.kind.${kind}`), where: url })}
          // What is not live nobody watches.
          question={state === 'live' ? t('outputs.sure') : null}
          busy={removing}
          onSure={() => void remove(props.sessionId, id)}
        />
      )}
    </li>
  );
}
