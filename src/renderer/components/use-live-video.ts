import { type RefObject, useEffect } from 'react';
import { connection } from '../rtc/connection';
import { useStudio } from '../store/studio';

/**
 * Binds the connection's stream and the volume to the video element, outside React's renders. Browsers may forbid sound
 * until the page is touched: then it plays silently at once, and the first press anywhere turns the sound on.
 */
export function useLiveVideo(ref: RefObject<HTMLVideoElement | null>): void {
  useEffect(() => {
    const video = ref.current;
    if (!video) return;
    const offStream = connection.onStream((stream) => {
      video.srcObject = stream;
      void start(video);
    });
    const follow = () => {
      const { sound, volume } = useStudio.getState();
      video.muted = sound !== 'on';
      video.volume = volume;
    };
    follow();
    const offStore = useStudio.subscribe(follow);
    const onGesture = () => {
      if (useStudio.getState().sound === 'blocked') turnOnSound();
    };
    addEventListener('pointerdown', onGesture);
    addEventListener('keydown', onGesture);
    return () => {
      offStream();
      offStore();
      removeEventListener('pointerdown', onGesture);
      removeEventListener('keydown', onGesture);
    };
  }, [ref]);
}

async function start(video: HTMLVideoElement): Promise<void> {
  try {
    await video.play();
  } catch (error) {
    // AbortError: another stream replaced this one meanwhile. Only a refusal of sound is to be worked around.
    if (!(error instanceof DOMException) || error.name !== 'NotAllowedError' || video.muted) return;
    useStudio.setState({ sound: 'blocked' });
    await video.play().catch(() => undefined);
  }
}

export const turnOnSound = (): void => useStudio.setState({ sound: 'on' });
