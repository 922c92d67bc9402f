import { Button, Loader } from '@mantine/core';
import { Mic, Square } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { formatDuration } from '../../components/format';
import { useAudio } from '../../store/audio';
import { cancelRecording, captureLevel, endRecording } from '../../store/audio-actions';
import classes from './audio.module.css';

/** The microphone at work. */
export function Capture() {
  const { t } = useTranslation('audio');
  const state = useAudio((s) => s.capture);
  if (state === 'asking' || state === 'ending') {
    return (
      <div className={classes.empty} role="status">
        {state === 'asking' ? <Mic size={30} strokeWidth={1.6} aria-hidden="true" /> : <Loader size="sm" />}
        <p>{t(`audio.mic.${state}`)}</p>
        {state === 'asking' && (
          <Button variant="default" onClick={cancelRecording}>
            {t('audio.cancel')}
          </Button>
        )}
      </div>
    );
  }
  return (
    <section className={classes.capture} aria-label={t('audio.mic.on')}>
      <p className={classes.recording}>
        <i aria-hidden="true" />
        {t('audio.mic.on')} <Elapsed />
      </p>
      <Level />
      <p className={classes.hint}>{t('audio.mic.quiet')}</p>
      <div className={classes.controls}>
        <Button variant="default" onClick={cancelRecording}>
          {t('audio.mic.discard')}
        </Button>
        <Button className={classes.main} leftSection={<Square size={15} />} onClick={() => void endRecording()}>
          {t('audio.mic.end')}
        </Button>
      </div>
    </section>
  );
}

function Elapsed() {
  const startedAtMs = useAudio((s) => s.captureStartedAtMs);
  const time = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const show = () => {
      if (time.current) time.current.textContent = formatDuration(performance.now() - (startedAtMs ?? 0));
    };
    show();
    const timer = setInterval(show, 250);
    return () => clearInterval(timer);
  }, [startedAtMs]);
  return <span ref={time} className={classes.clock} />;
}

/** The bar follows the voice with every frame, past React. */
function Level() {
  const { t } = useTranslation('audio');
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let frame = 0;
    const show = () => {
      bar.current?.style.setProperty('--level', captureLevel().toFixed(3));
      frame = requestAnimationFrame(show);
    };
    show();
    return () => cancelAnimationFrame(frame);
  }, []);
  return <div ref={bar} className={classes.level} role="img" aria-label={t('audio.mic.level')} />;
}
