import { Clock, Speech, Star } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { ScriptLine } from '../../store/script-lines';
import { useStudio } from '../../store/studio';
import classes from './script.module.css';

/** What a line does besides being said, as small signs below its words. */
export function Directions({ line }: { line: ScriptLine }) {
  const { t } = useTranslation('script');
  const modeName = useModeName();
  const voices = useStudio((s) => s.voices);
  const { voice, pauseMs, audiotype } = line;
  if (voice === undefined && pauseMs === undefined && audiotype === undefined) return null;
  return (
    <p className={classes.directions}>
      {audiotype !== undefined && (
        <span>
          <Star size={12} aria-hidden="true" />
          {modeName(audiotype)}
        </span>
      )}
      {voice !== undefined && (
        <span>
          <Speech size={12} aria-hidden="true" />
          {voices?.voices.find(({ id }) => id === voice)?.name ?? voice}
        </span>
      )}
      {pauseMs !== undefined && (
        <span>
          <Clock size={12} aria-hidden="true" />
          {t('script.pauseOf', { seconds: pauseMs / 1_000 })}
        </span>
      )}
    </p>
  );
}

/** What a mode is called: live, still, or the performance's own name. */
export function useModeName(): (audiotype: number) => string {
  const { t } = useTranslation('script');
  const performances = useStudio((s) => s.session?.performances);
  return (audiotype) => {
    if (audiotype === 0) return t('script.mode.0');
    if (audiotype === 1) return t('script.mode.1');
    const known = performances?.find((performance) => performance.audiotype === audiotype);
    return known?.name ?? t('script.performance', { number: audiotype });
  };
}
