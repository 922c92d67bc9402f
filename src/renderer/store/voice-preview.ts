import { create } from 'zustand';
import { previewVoice } from '../rtc/catalogue';
import { said } from './library-actions';
import { usePreferences } from './preferences';
import { useStudio } from './studio';

/** One voice at a time is heard: fetched, played, and put away. */
export interface VoicePreview {
  voice: string | null;
  state: 'idle' | 'loading' | 'playing';
  /** Why one could not be heard, and which. */
  fault: { voice: string; problem: string } | null;
}

const silent: VoicePreview = { voice: null, state: 'idle', fault: null };
export const useVoicePreview = create<VoicePreview>(() => silent);

let current: { controller: AbortController; end(): void } | null = null;

export function stopPreview(): void {
  current?.controller.abort();
  current?.end();
  current = null;
  useVoicePreview.setState(silent);
}

/** Plays a greeting in that voice, at the stage's volume; pressed again while it does, it stops. */
export async function listenTo(voice: string): Promise<void> {
  const again = useVoicePreview.getState().voice === voice;
  stopPreview();
  if (again) return;
  const controller = new AbortController();
  const own = { controller, end: () => undefined as unknown };
  current = own;
  useVoicePreview.setState({ voice, state: 'loading' });
  try {
    const sound = await previewVoice(voice, usePreferences.getState().speed, controller.signal);
    if (controller.signal.aborted) return;
    await play(sound, (end) => (own.end = end));
    if (current === own) stopPreview();
  } catch (error) {
    if (controller.signal.aborted) return;
    stopPreview();
    useVoicePreview.setState({ fault: { voice, problem: said(error) } });
  }
}

/** Resolves when it has been heard to its end; rejects where the browser cannot or may not play it. */
async function play(sound: Blob, onEnd: (end: () => void) => void): Promise<void> {
  const address = URL.createObjectURL(sound);
  const player = new Audio();
  const follow = () => (player.volume = useStudio.getState().volume);
  follow();
  const off = useStudio.subscribe(follow);
  const end = () => {
    off();
    player.pause();
    player.removeAttribute('src');
    URL.revokeObjectURL(address);
  };
  onEnd(end);
  try {
    await new Promise<void>((resolve, reject) => {
      player.onplaying = () => useVoicePreview.setState({ state: 'playing' });
      player.onended = () => resolve();
      player.onerror = () => reject(new Error(player.error?.message || 'the browser cannot play it'));
      player.src = address;
      player.play().catch(reject);
    });
  } finally {
    end();
  }
}
