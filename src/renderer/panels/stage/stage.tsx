import { Button } from '@mantine/core';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '../../components/icon';
import { turnOnSound, useLiveVideo } from '../../components/use-live-video';
import { isThinking } from '../../store/lines';
import { useStudio } from '../../store/studio';
import { Dock } from '../dock/dock';
import { StageNotice } from './stage-notice';

/** The presenter, as large as the window allows, with the words being said. */
export function Stage() {
  const { t } = useTranslation('stage');
  const frame = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  useLiveVideo(video);
  const phase = useStudio((s) => s.connection.phase);
  const speaking = useStudio((s) => s.speakingTurn !== null);
  const thinking = useStudio((s) => s.lines.some(isThinking));
  const acting = useStudio((s) => s.act?.startedAtMs != null);
  const caption = useStudio((s) => s.caption);
  const sound = useStudio((s) => s.sound);
  const state = speaking ? 'speaking' : thinking ? 'thinking' : acting ? 'acting' : 'idle';
  return (
    <main className="stage-column" aria-label={t('stage.label')}>
      <div className="stage-area">
        <div className="stage" ref={frame} data-phase={phase} data-state={state}>
          {/* biome-ignore lint/a11y/useMediaCaption: live speech; its captions are the text below, from the server. */}
          <video
            ref={video}
            autoPlay
            playsInline
            aria-label={t('stage.video')}
            data-presenter=""
            data-testid="presenter"
          />
          <StageNotice />
          {sound === 'blocked' && phase === 'connected' && (
            <Button
              className="sound-on"
              size="md"
              radius="xl"
              leftSection={<Icon name="volume" size={18} />}
              onClick={turnOnSound}
            >
              {t('stage.turnOnSound')}
            </Button>
          )}
          <section className="caption" aria-live="polite" aria-label={t('stage.captions')} data-testid="caption">
            {caption && <p>{caption.audio ? t('stage.playingFile', { name: caption.text }) : caption.text}</p>}
          </section>
        </div>
      </div>
      <Dock stage={frame} />
    </main>
  );
}
