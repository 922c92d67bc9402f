import type { SpeechTarget } from '../playout/playout';
import type { Tts } from '../tts/tts';
import { perform, type Stage } from './pipeline';
import { Turn } from './turn';
import { knownWords } from './words';

const TEXT = 'This is said before anybody listens. The first word is then not the slow one.';

/** Two seconds a sentence: long enough for V8 to compile the resamplers and the mel. */
const HUM_MS = 2_000;
const HUM_RATE_HZ = 22_050;

/** Something to hear without asking a voice, which may be a service that counts every word. */
const hum: Tts = {
  name: 'hum',
  async *stream() {
    for (let atMs = 0; atMs < HUM_MS; atMs += 50) {
      const samples = new Float32Array((HUM_RATE_HZ * 50) / 1_000);
      yield { samples: samples.map((_, i) => 0.1 * Math.sin(i / 16)), sampleRateHz: HUM_RATE_HZ };
    }
  },
  close: async () => {},
};

/**
 * Walks one turn through the pipeline without a session and a viewer: the first real sentence then finds the code compiled.
 * Otherwise preparing it takes both cores for most of a second, just when the mouth needs them.
 */
export async function rehearse(windowStartMs: number, signal: AbortSignal, tts: Tts = hum): Promise<void> {
  const turn = new Turn(0, { kind: 'echo', text: TEXT }, () => {});
  signal.addEventListener('abort', () => turn.interrupt(), { once: true });
  const playout: SpeechTarget = {
    setSpeechUnderWay: () => {},
    enqueue: async (slot) => {
      slot.onGone?.(true);
      return true;
    },
    wantsUpbeat: () => false,
    lead: () => {},
  };
  const lips: Stage['lips'] = {
    expect: (_, { mel, turnPicture }) => void mel.window(turnPicture, { pad: true }),
    pump: () => {},
    answerInMs: 0,
  };
  let missed: unknown;
  await perform(turn, knownWords(TEXT), {
    tts,
    onMissed: (error) => (missed ??= error),
    playout,
    lips,
    windowStartMs,
    onSegment: () => {},
  });
  if (missed) throw missed;
}
