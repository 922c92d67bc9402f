import { describe, expect, it } from 'vitest';
import { type Labels, loudnessMouth, type Mouth, median, openingAt, PICTURE_MS, psnr, scoresOf } from './measures';

/** aaa with an m of 120 ms in the middle of every 600 ms, from 400 ms on, then a pause. */
const SOUNDS = 10;
const durationMs = 400 + SOUNDS * 600 + 400;
const phonemes = [{ startMs: 0, ipa: '' }];
for (let i = 0; i < SOUNDS; i++) {
  const startMs = 400 + i * 600;
  phonemes.push({ startMs, ipa: 'ɑ' }, { startMs: startMs + 240, ipa: 'm' }, { startMs: startMs + 360, ipa: 'ɑ' });
}
phonemes.push({ startMs: durationMs - 400, ipa: '' });
const isMmm = (ms: number) => ms >= 400 && ms < durationMs - 400 && (ms - 400) % 600 >= 240 && (ms - 400) % 600 < 360;
const speaks = (ms: number) => ms >= 400 && ms < durationMs - 400;
// A slow wave on top, so that a shift has one best answer.
const said = (ms: number) => (speaks(ms) && !isMmm(ms) ? 0.7 + 0.3 * Math.sin(ms / 310) : 0);
const labels: Labels = {
  durationMs,
  phonemes,
  opening: Array.from({ length: Math.ceil((durationMs / 1_000) * 80) }, (_, i) => said(i * 12.5)),
  openingHz: 80,
  utterances: [{ fromMs: 400, toMs: durationMs - 400 }],
};
const pictures = Array.from({ length: Math.floor(durationMs / PICTURE_MS) }, (_, i) => (i + 0.5) * PICTURE_MS);
const mouth = (lateMs = 0): Mouth => ({
  opening: pictures.map((ms) => openingAt(labels, ms - lateMs)),
  shut: pictures.map((ms) => isMmm(ms - lateMs) || !speaks(ms - lateMs)),
});

describe('the scores of a mouth', () => {
  it('are perfect for one that does what the labels say', () => {
    const scores = scoresOf([{ labels, mouth: mouth() }]);
    expect(scores).toMatchObject({
      closureCount: SOUNDS,
      recall: 1,
      strictRecall: 1,
      falseShare: 0,
      falsePerMinute: 0,
    });
    expect(scores.r).toBeCloseTo(1, 6);
    expect(scores.lagMs).toBe(0);
  });

  it.each([-60, -20, 25, 80])('find a mouth that is %i ms late', (lateMs) => {
    const scores = scoresOf([{ labels, mouth: mouth(lateMs) }]);
    expect(Math.abs(scores.lagMs - lateMs)).toBeLessThanOrEqual(5);
    expect(scores.r).toBeLessThan(0.99);
  });

  it('count an m as missed when no picture within one of it is shut', () => {
    const shut = mouth().shut.map((is, i) => is && !(pictures[i]! > 400 && pictures[i]! < 1_000));
    const late = mouth().shut.map((_, i) => speaks(pictures[i]!) && isMmm(pictures[i]! - 120));
    expect(scoresOf([{ labels, mouth: { ...mouth(), shut } }]).recall).toBeCloseTo(1 - 1 / SOUNDS);
    const afterwards = scoresOf([{ labels, mouth: { ...mouth(), shut: late } }]);
    expect(afterwards).toMatchObject({ recall: 1, strictRecall: 0 });
  });

  it('count lips that shut on an aaa, but not those that shut in a pause', () => {
    const { shut } = mouth();
    for (const sound of [2, 5, 7]) shut[Math.floor((400 + sound * 600 + 80) / PICTURE_MS)] = true;
    const scores = scoresOf([{ labels, mouth: { ...mouth(), shut } }]);
    expect(scores.falseShare).toBeCloseTo(3 / (3 + SOUNDS));
    expect(scores.falsePerMinute).toBeCloseTo(3 / (durationMs / 60_000));
  });

  it('are about nothing for a mouth that moves by itself', () => {
    const opening = pictures.map((_, i) => Math.sin(i * i));
    expect(Math.abs(scoresOf([{ labels, mouth: { ...mouth(), opening } }]).r)).toBeLessThan(0.3);
  });
});

it('a loudness-only mouth follows level, and cannot tell an mmm from an equally loud aaa', () => {
  const level = pictures.map((ms) => (speaks(ms) ? 1 : 0));
  const scores = scoresOf([{ labels, mouth: loudnessMouth(labels, [level, level.map(() => 0.5)]) }]);
  expect(scores.recall).toBe(0);
});

it('the median of an even count lies between its two middles; psnr is that of the mean square', () => {
  expect(median([9, 1, 3, 5])).toBe(4);
  expect(median([])).toBeNaN();
  expect(psnr([0, 0.1], [0.1, 0])).toBeCloseTo(20, 5);
});
