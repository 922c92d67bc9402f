import type { Playout, Slot } from '../playout/playout';
import type { Tts } from '../tts/tts';
import type { Lips } from './lips';
import { perform } from './pipeline';
import { Turn } from './turn';

/** Long enough for V8 to compile the resamplers and the mel; nobody hears it. */
const TEXT = 'One, two, three. This is said once before anybody listens, so that the first word is not the slow one.';

/**
 * Walks one turn through the voice and the features without a session: the first real sentence then finds the voice loaded and
 * the code compiled. Otherwise preparing it takes both cores for most of a second, just when the mouth needs them.
 */
export async function rehearse(tts: Tts, windowStartMs: number, signal: AbortSignal): Promise<void> {
  const turn = new Turn(0, { kind: 'text', text: TEXT }, () => {});
  signal.addEventListener('abort', () => turn.interrupt(), { once: true });
  const playout = {
    setSpeechUnderWay: () => {},
    enqueue: async (slot: Slot) => {
      slot.onGone?.(true);
      return true;
    },
  };
  const lips = {
    expect: (_: Slot, { mel, turnPicture }: Parameters<Lips['expect']>[1]) => mel.window(turnPicture, { pad: true }),
    pump: () => {},
  };
  await perform(turn, {
    tts,
    playout: playout as unknown as Playout,
    lips: lips as unknown as Lips,
    windowStartMs,
    onSegment: () => {},
  });
}
