import { FEATURE_RATE_HZ, PICTURE_MS } from '../../../../shared/units';
import { MelStream } from '../../features/mel-stream';

/** First two formants, Hz (Peterson and Barney 1952, men and women between them), of ee, eh, ah, aw, oo. */
const VOWELS = [
  [290, 2_500],
  [570, 2_000],
  [790, 1_150],
  [580, 880],
  [340, 920],
] as const;
const PITCHES_HZ = [110, 210];
const SOUND_MS = 240;
const HIGHEST_HZ = 5_000;

/**
 * Mel windows of what speech is made of: vowels of two voices, loud and soft, hissing, closures and silence, made by rule so
 * that they need no voice and are the same everywhere. One window for each picture of about ten seconds.
 */
export function speechWindows(windowStartMs: number): Float32Array[] {
  const stream = new MelStream({ windowStartMs });
  const random = lcg(7);
  const samples = (FEATURE_RATE_HZ * SOUND_MS) / 1_000;
  let pictures = 0;
  const push = (sound: (i: number) => number) => {
    // Rises and falls, so that windows also see the edges of sounds.
    stream.push(
      Float32Array.from(
        { length: samples },
        (_, i) => sound(i) * Math.min(1, (8 * Math.min(i, samples - i)) / samples),
      ),
    );
    pictures += SOUND_MS / PICTURE_MS;
  };
  for (const level of [0.25, 0.03]) {
    for (const pitchHz of PITCHES_HZ) {
      for (const formants of VOWELS) {
        const harmonics = Array.from({ length: Math.floor(HIGHEST_HZ / pitchHz) }, (_, h) => {
          const hz = (h + 1) * pitchHz;
          const near = (at: number, wide: number) => Math.exp(-(((hz - at) / wide) ** 2));
          return { hz, loud: 0.02 + near(formants[0], 120) + 0.5 * near(formants[1], 200) };
        });
        push((i) =>
          harmonics.reduce(
            (sum, { hz, loud }) => sum + level * loud * Math.sin((2 * Math.PI * hz * i) / FEATURE_RATE_HZ),
            0,
          ),
        );
      }
      push(() => 0.4 * level * (2 * random() - 1));
      push(() => 0);
    }
  }
  return Array.from({ length: Math.floor(pictures) }, (_, picture) => stream.window(picture, { pad: true })!.data);
}

/** Numbers in [0, 1) (Numerical Recipes' constants). */
function lcg(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
