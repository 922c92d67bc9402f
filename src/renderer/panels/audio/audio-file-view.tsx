import { CloseButton } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatDuration } from '../../components/format';
import type { OpenFile } from '../../store/audio';
import { closeFile, setPart } from '../../store/audio-actions';
import { formatTime, isWhole, wholeOf } from '../../store/audio-trim';
import classes from './audio.module.css';
import { PlayControls } from './play-controls';
import { PlayProblem, Problem } from './problems';
import { Waveform } from './waveform';

/** A recording that lies open: what it looks like, which part of it is meant, and what can be done with that. */
export function AudioFileView({ file }: { file: OpenFile }) {
  const { t } = useTranslation('audio');
  const { name, url, durationMs, peaks, part, problem } = file;
  const [media] = useState(() => new Audio());
  const [mute, setMute] = useState(false);
  useEffect(() => {
    const onError = () => setMute(true);
    media.addEventListener('error', onError);
    media.preload = 'auto';
    media.src = url;
    return () => {
      media.removeEventListener('error', onError);
      media.pause();
      media.removeAttribute('src');
      media.load();
    };
  }, [media, url]);
  return (
    <section className={classes.file} aria-label={name}>
      <header className={classes.fileHead}>
        <strong title={name}>{name}</strong>
        <span>{durationMs === null ? t('audio.unknownLength') : formatDuration(durationMs)}</span>
        <CloseButton aria-label={t('audio.close', { name })} onClick={closeFile} />
      </header>
      {peaks && part && durationMs !== null && (
        <>
          <Waveform file={file} media={media} />
          <div className={classes.times}>
            <span data-testid="part">
              {t('audio.part', {
                from: formatTime(part.fromMs),
                to: formatTime(part.toMs),
                length: formatTime(part.toMs - part.fromMs),
              })}
            </span>
            <button
              type="button"
              className={classes.link}
              disabled={isWhole(part, durationMs)}
              onClick={() => setPart(wholeOf(durationMs))}
            >
              {t('audio.whole')}
            </button>
          </div>
        </>
      )}
      {problem && <Problem>{t(`audio.problem.${problem}`)}</Problem>}
      <PlayControls file={file} media={media} mute={mute} />
      <PlayProblem />
    </section>
  );
}
