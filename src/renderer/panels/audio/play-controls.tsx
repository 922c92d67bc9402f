import { Button } from '@mantine/core';
import { Headphones, Pause, Speech, Square } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cancelUpload } from '../../store/actions';
import { type OpenFile, useAudio } from '../../store/audio';
import { playPart, stopPlaying } from '../../store/audio-actions';
import { isWhole } from '../../store/audio-trim';
import { isOpen } from '../../store/lines';
import type { Line } from '../../store/state';
import { useStudio } from '../../store/studio';
import classes from './audio.module.css';
import { PlayProgress } from './play-progress';

interface Props {
  file: OpenFile;
  media: HTMLAudioElement;
  /** This browser cannot play it. */
  mute: boolean;
}

/** Listen here, or let the presenter speak it; below, how far that is. The row of what goes on has its place always. */
export function PlayControls({ file, media, mute }: Props) {
  const { t } = useTranslation('audio');
  const connected = useStudio((s) => s.connection.phase === 'connected');
  const sending = useStudio((s) => s.upload !== null);
  const cutting = useAudio((s) => s.cutting);
  const played = useAudio((s) => s.played);
  const state = useStudio((s) => s.lines.find((line) => line.id === played?.line)?.state ?? null);
  const going = played !== null && state !== null && isOpen({ state });
  const { part, durationMs } = file;
  const trimmed = part !== null && durationMs !== null && !isWhole(part, durationMs);
  return (
    <>
      <div className={classes.controls}>
        <Listen file={file} media={media} mute={mute} />
        {going && !sending ? (
          <Button
            className={classes.main}
            color="red.9"
            leftSection={<Square size={15} />}
            onClick={() => void stopPlaying()}
          >
            {t('audio.stop')}
          </Button>
        ) : sending ? (
          <Button className={classes.main} variant="default" onClick={cancelUpload}>
            {t('audio.cancel')}
          </Button>
        ) : (
          <Button
            className={classes.main}
            leftSection={<Speech size={16} />}
            disabled={!connected}
            loading={cutting}
            onClick={() => void playPart()}
          >
            {t(trimmed ? 'audio.playPart' : 'audio.play')}
          </Button>
        )}
      </div>
      <div className={classes.going} aria-live="polite">
        {mute ? t('audio.problem.noListen') : <Going state={state} cutting={cutting} connected={connected} />}
      </div>
    </>
  );
}

/** What goes on with the file at the server, in words and as a bar. */
function Going({ state, cutting, connected }: { state: Line['state'] | null; cutting: boolean; connected: boolean }) {
  const { t } = useTranslation('audio');
  const upload = useStudio((s) => s.upload);
  const durationMs = useAudio((s) => s.played?.durationMs ?? null);
  if (cutting) return t('audio.cutting');
  if (upload) {
    const { progress } = upload;
    return progress === null ? t('audio.checking') : t('audio.sending', { percent: Math.round(progress * 100) });
  }
  switch (state) {
    case 'speaking':
      return <PlayProgress durationMs={durationMs} />;
    case 'sending':
    case 'queued':
      return t('audio.queued');
    case 'said':
      return t('audio.said');
    case 'interrupted':
      return t('audio.interrupted');
    default:
      return connected ? null : t('audio.offlineHint');
  }
}

/** Plays the part in this browser, from where the cursor stands in it. */
function Listen({ file, media, mute }: Props) {
  const { t } = useTranslation('audio');
  const [playing, setPlaying] = useState(false);
  useEffect(() => {
    const show = () => setPlaying(!media.paused);
    const stopAtEnd = () => {
      const toMs = useAudio.getState().file?.part?.toMs ?? Number.POSITIVE_INFINITY;
      if (!media.paused && media.currentTime * 1_000 >= toMs) media.pause();
    };
    for (const event of ['play', 'pause', 'ended']) media.addEventListener(event, show);
    media.addEventListener('timeupdate', stopAtEnd);
    return () => {
      for (const event of ['play', 'pause', 'ended']) media.removeEventListener(event, show);
      media.removeEventListener('timeupdate', stopAtEnd);
    };
  }, [media]);
  const toggle = () => {
    if (playing) return media.pause();
    const { fromMs, toMs } = file.part ?? { fromMs: 0, toMs: Number.POSITIVE_INFINITY };
    const atMs = media.currentTime * 1_000;
    if (atMs < fromMs || atMs >= toMs - 50) media.currentTime = fromMs / 1_000;
    // A click asked for it; what fails says so by the element's error.
    media.play().catch(() => undefined);
  };
  return (
    <Button
      variant="default"
      title={t('audio.listenHint')}
      disabled={mute}
      leftSection={playing ? <Pause size={16} /> : <Headphones size={16} />}
      onClick={toggle}
    >
      {t(playing ? 'audio.pause' : 'audio.listen')}
    </Button>
  );
}
