import { useTranslate } from '../i18n/use-translate';
import { isThinking } from '../store/lines';
import { useStudio } from '../store/studio';

/** The state in one glance and, for screen readers, in one polite sentence. */
export function StatusPill() {
  const t = useTranslate();
  const phase = useStudio((s) => s.connection.phase);
  const speaking = useStudio((s) => s.speakingTurn !== null);
  const thinking = useStudio((s) => s.lines.some(isThinking));
  const busy = speaking ? 'speaking' : thinking ? 'thinking' : phase;
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
