import { formatBytes, formatDuration } from '../../components/format';
import { IconButton } from '../../components/icon-button';
import { useNow } from '../../components/use-now';
import type { MessageKey } from '../../i18n/translate';
import { useTranslate } from '../../i18n/use-translate';
import type { Taping } from '../../store/state';
import { useStudio } from '../../store/studio';
import { toggleRecording } from '../../store/studio-actions';

const LABELS: Record<Taping['state'], MessageKey> = {
  starting: 'record.starting',
  on: 'record.stop',
  ending: 'record.ending',
};

/** Begins and ends a recording; in between it shows how long and how large it is. It keeps its width: nothing moves. */
export function RecordButton() {
  const t = useTranslate();
  const connected = useStudio((s) => s.connection.phase === 'connected');
  const taping = useStudio((s) => s.taping);
  const label = t(taping ? LABELS[taping.state] : 'record.start');
  return (
    <div className="record-box">
      <button
        type="button"
        className="outline-button record"
        data-state={taping?.state ?? 'off'}
        aria-label={label}
        aria-pressed={taping !== null}
        aria-busy={taping !== null && taping.state !== 'on'}
        title={taping ? label : t('record.startHint')}
        disabled={!connected}
        onClick={() => void toggleRecording()}
      >
        <span className="record-mark" aria-hidden="true" />
        {taping?.state === 'on' ? (
          <Running taping={taping} />
        ) : (
          <span>{t(taping ? LABELS[taping.state] : 'record.button')}</span>
        )}
      </button>
      <Problem />
    </div>
  );
}

function Running({ taping }: { taping: Taping }) {
  const nowMs = useNow(true);
  const { startedAtMs, bytes } = taping;
  return (
    <span className="record-figures">
      <b>{formatDuration(nowMs - (startedAtMs ?? nowMs))}</b>
      {bytes !== null && <small>{formatBytes(bytes)}</small>}
    </span>
  );
}

/** Why it did not begin or was not kept, above the button that it belongs to. */
function Problem() {
  const t = useTranslate();
  const problem = useStudio((s) => s.tapeProblem);
  if (problem === null) return null;
  return (
    <div role="alert" className="record-problem">
      <div>
        <strong>{t('record.failed')}</strong>
        <p>{problem || t('error.network')}</p>
      </div>
      <IconButton
        small
        icon="close"
        label={t('action.dismiss')}
        onClick={() => useStudio.setState({ tapeProblem: null })}
      />
    </div>
  );
}
