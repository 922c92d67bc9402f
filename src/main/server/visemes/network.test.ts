import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HELD_SOUND_RMS } from '../../../../testing/held-sounds';
import { level, sustain } from '../../../../testing/speech';
import { FEATURE_RATE_HZ } from '../../../shared/units';
import type { Viseme } from '../../../shared/viseme-protocol';
import { Resampler } from '../audio/resample';
import { MelStream } from '../features/mel-stream';
import { EspeakHost } from '../tts/espeak-host';
import { visemeModel } from './model';
import { VisemeNetwork } from './network';
import { VisemeMixer, type VisemeWeights } from './oculus';

/** A speaker that lip-mini never learned from and that is the same in every run. */
const VOICE = 'gmw/en-US+Annie';
/** Phonemes in espeak-ng's notation, and the visemes that they may be seen as. */
const SOUNDS: [phoneme: string, visemes: Viseme[]][] = [
  ['m', ['PP']],
  ['f', ['FF']],
  ['A:', ['aa']],
  ['s', ['SS']],
  ['S', ['CH']],
  ['i:', ['ih']],
  ['u:', ['ou']],
  ['O:', ['oh', 'ou']],
];

describe('a held sound of a voice that was never learned from is its viseme', () => {
  const espeak = new EspeakHost();
  const network = new VisemeNetwork();
  const mixer = new VisemeMixer(visemeModel());
  afterAll(() => espeak.close());

  async function meanWeights(voice: string, phoneme: string): Promise<VisemeWeights> {
    const { samples, sampleRateHz } = level(await sustain(espeak, voice, phoneme, 0.6), HELD_SOUND_RMS.loud);
    const { windowStartMs } = visemeModel();
    const mel = new MelStream({ windowStartMs });
    mel.push(new Resampler(sampleRateHz, FEATURE_RATE_HZ).push(samples));
    const sums: VisemeWeights = {};
    const pictures = Array.from({ length: mel.available - 8 }, (_, i) => i + 4);
    for (const i of pictures) {
      const mixed = mixer.mix(await network.run(mel.window(i)!.data));
      for (const [name, share] of Object.entries(mixed)) {
        sums[name as Viseme] = (sums[name as Viseme] ?? 0) + share / pictures.length;
      }
    }
    return sums;
  }

  beforeAll(() => network.run(new Float32Array(80 * 16).fill(-4)));

  it.each(SOUNDS)('[[%s]] is %s', async (phoneme, wanted) => {
    const weights = await meanWeights(VOICE, phoneme);
    const strongest = Object.entries(weights).sort((a, b) => b[1] - a[1]);
    expect(wanted).toContain(strongest[0]![0]);
  });

  it('digital silence is silence', async () => {
    expect(mixer.mix(await network.run(new Float32Array(80 * 16).fill(-4)))).toEqual({ sil: 1 });
  });
});
