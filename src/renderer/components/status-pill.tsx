import { useTranslation } from 'react-i18next';
import { isThinking } from '../store/lines';
import { useStudio } from '../store/studio';

/** The state in one glance and, for screen readers, in one polite sentence. */
export function StatusPill() {
  const { t } = useTranslation('common');
  const phase = useStudio((s) => s.connection.phase);
  const speaking = useStudio((s) => s.speakingTurn !== null);
  const thinking = useStudio((s) => s.lines.some(isThinking));
  const acting = useStudio((s) => s.act?.startedAtMs != null);
  const busy = speaking ? 'speaking' : thinking ? 'thinking' : acting ? 'acting' : phase;
  const state = phase === 'connected' ? busy : phase;
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
