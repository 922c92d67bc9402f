import { useTranslate } from '../i18n/use-translate';
import { useStudio } from '../store/studio';

/** The state in one glance and, for screen readers, in one polite sentence. */
export function StatusPill() {
  const t = useTranslate();
  const phase = useStudio((s) => s.connection.phase);
  const speaking = useStudio((s) => s.speakingTurn !== null);
  const state = phase === 'connected' && speaking ? 'speaking' : phase;
  return (
    <div className="status-pill" data-state={state} role="status" data-testid="status">
      <span className="status-mark" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      {t(`status.${state}`)}
    </div>
  );
}
