import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EspeakTts } from '../src/main/server/tts/espeak';
import { EspeakHost } from '../src/main/server/tts/espeak-host';
import { HELD_SOUND_RMS, holdSound, REPEATABLE_HELD_SOUND_VOICES } from '../testing/held-sounds';
import { type LipScores, lipScores, type Take } from '../testing/lip-scores';
import { closures, openingCurve } from '../testing/opening';
import { root } from '../testing/server';
import { REPEATABLE_LINES, speak } from '../testing/speech';
import { LipStage } from '../testing/stage';

// `npm run bench -- lips` measures the same on a minute of speech and more voices. Here, every figure is the same in every run.
describe('the lips in the sent pictures', () => {
  const tts = new EspeakTts();
  const espeak = new EspeakHost();
  let stage: LipStage;
  const takes: Take[] = [];
  let scores: LipScores;

  beforeAll(async () => {
    stage = await LipStage.open({ modelFile: join(root, 'models', 'lip-mini.onnx') });
    for (const line of REPEATABLE_LINES) {
      const speech = await speak(tts, line);
      takes.push({ speech, performance: await stage.perform(speech) });
    }
    scores = lipScores(takes);
    console.log(scores);
  }, 120_000);
  afterAll(async () => {
    await stage?.close();
    await tts.close();
    await espeak.close();
  });

  it('open and close with the sounds, at the time of the sounds', () => {
    expect(scores.seconds).toBeGreaterThan(15);
    expect(scores.r).toBeGreaterThanOrEqual(0.7);
    expect(Math.abs(scores.lag)).toBeLessThanOrEqual(1);
  });

  it('follow what is said, not how loud it is', () => {
    expect(scores.r - scores.loudnessR).toBeGreaterThanOrEqual(0.2);
  });

  it('meet for p, b and m', () => {
    expect(scores.closureCount).toBeGreaterThan(25);
    expect(scores.closedShare).toBeGreaterThanOrEqual(0.8);
  });

  it('come with every picture of speech, in step with the clock', () => {
    for (const { performance } of takes) {
      expect(performance.figures).toMatchObject({ underruns: 0, mouthMisses: 0, skippedSamples: 0 });
      const steps = performance.pictures.slice(1).map((p, i) => p.ptsSamples - performance.pictures[i]!.ptsSamples);
      expect(new Set(steps)).toEqual(new Set([1_920]));
    }
  });

  it.each(REPEATABLE_HELD_SOUND_VOICES)(
    'are shut for "mmm" and open for an "aaa" of the same loudness (%s)',
    async (voice) => {
      const mmm = await holdSound({ stage, espeak }, voice, 'm', HELD_SOUND_RMS.loud);
      const aaa = await holdSound({ stage, espeak }, voice, 'A:', HELD_SOUND_RMS.loud);
      expect(aaa.closedShare).toBe(0);
      expect(aaa.meanOpeningPx).toBeGreaterThan(10);
      expect(mmm.closedShare).toBeGreaterThanOrEqual(0.9);
    },
  );

  it("leave the avatar's own pictures untouched in silence, before and after speech", async () => {
    const { pictures } = await stage.perform(undefined, { idlePicturesBefore: 240 });
    expect(pictures.every(({ untouched }) => untouched)).toBe(true);
    for (const { performance } of takes) {
      const silent = [...performance.pictures.slice(0, performance.speechFrom), ...performance.pictures.slice(-6)];
      expect(silent.every(({ untouched }) => untouched)).toBe(true);
    }
  });

  it('are the same in every run', async () => {
    const { speech, performance } = takes[0]!;
    const start = { ...speech, samples: speech.samples.slice(0, 2 * speech.sampleRateHz) };
    const [one, two] = [await stage.perform(start), await stage.perform(start)];
    expect(two).toEqual({ ...one, figures: { ...one.figures, pasteMs: two.figures.pasteMs } });
    expect(one.pictures.slice(0, 40)).toEqual(performance.pictures.slice(0, 40));
  });
});

describe('the opening that a text asks for', () => {
  const curve = (...sounds: [number, string][]) => {
    const phonemes = sounds.map(([startMs, ipa]) => ({ startMs, ipa }));
    return openingCurve(phonemes, phonemes.at(-1)!.startMs);
  };

  it('is wide for aa, and nothing for m and for silence', () => {
    const [first, ...rest] = curve([0, ''], [400, 'ˈɑː'], [800, 'm'], [1_200, 'aɪ'], [1_600, '']);
    expect(first).toBe(0);
    expect(rest[13]).toBeCloseTo(1, 1);
    expect(rest[24]).toBe(0);
    expect(rest[31]).toBeGreaterThan(rest[37]!); // the aɪ closes
  });

  it('takes glides apart: the a of Mandarin jia is as open as any other', () => {
    const jia = curve([0, 'tɕ'], [80, 'iɑ'], [480, '']);
    expect(jia[2]).toBeLessThan(0.5);
    expect(jia[8]).toBeGreaterThan(0.9);
  });

  it('keeps the shape of a stop through the short silence before it', () => {
    const held = curve([0, 'ɑ'], [200, ''], [240, 't'], [280, 'ɑ'], [600, '']);
    expect(held[5]).toBeGreaterThan(0.1);
  });

  it('shuts for at least 60 ms, however short the p', () => {
    const phonemes = [
      { startMs: 0, ipa: 'ɑ' },
      { startMs: 200, ipa: 'p' },
      { startMs: 210, ipa: 'ɑ' },
    ];
    expect(closures(phonemes, 400)).toEqual([{ fromMs: 175, toMs: 235 }]);
  });
});
