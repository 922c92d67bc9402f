import { CircleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useAudio } from '../../store/audio';
import classes from './audio.module.css';

export function Problem({ children }: { children: ReactNode }) {
  return (
    <p className={classes.problem} role="alert">
      <CircleAlert size={16} aria-hidden="true" />
      <span>{children}</span>
    </p>
  );
}

/** Why what was picked or recorded is not open, and what to do. */
export function OpenProblem() {
  const { t } = useTranslation('audio');
  const problem = useAudio((s) => s.openProblem);
  const capture = useAudio((s) => s.captureProblem);
  if (capture) return <Problem>{t(`audio.mic.${capture}`)}</Problem>;
  if (problem) return <Problem>{t(`audio.problem.${problem.kind}`, { name: problem.name })}</Problem>;
  return null;
}

/** Why the presenter did not speak the file. The server's own words say which limit was met, or what is wrong with the file. */
export function PlayProblem() {
  const { t } = useTranslation('audio');
  const problem = useAudio((s) => s.playProblem);
  if (!problem) return null;
  const { kind, detail } = problem;
  return (
    <Problem>
      {t(`audio.problem.${kind}`)} {detail && <em>{detail}</em>} {kind === 'refused' && t('audio.problem.refusedHint')}
    </Problem>
  );
}
