import { describe, expect, it } from 'vitest';
import type { Scores } from './measures';
import { verdicts } from './report';
import { ALL, SpeechJury, type SpeechRow } from './speech-scores';
import type { Spoken } from './speech-set';

const scores: Scores = {
  minutes: 1,
  r: 0.7,
  lagMs: 5,
  closureCount: 50,
  recall: 0.8,
  strictRecall: 0.8,
  falseShare: 0.3,
  falsePerMinute: 9,
};
const row = (group: string, voice: string, warped: boolean, lips: Partial<Scores> = {}): SpeechRow => ({
  group,
  voice,
  warped,
  lips: { ...scores, ...lips },
  loudness: scores,
});
const judged = (...speech: SpeechRow[]) => verdicts({ speech, faces: [], silence: [] });

describe('the verdicts', () => {
  it('are given to each person alone: one whose lips do not shut is not hidden by those whose lips do', () => {
    const people = [
      row('people', 'A, Italian', true, { recall: 0.76 }),
      row('people', 'B, French', true, { recall: 0.74 }),
    ];
    expect(judged(...people)).toEqual([
      { what: 'people, A, Italian: p/b/m shut within one picture 0.76 (target at least 0.75)', met: true },
      { what: 'people, B, French: p/b/m shut within one picture 0.74 (target at least 0.75)', met: false },
    ]);
  });

  it('ask for lateness and false closures of recognised times, not of warped ones', () => {
    const what = judged(row('people', 'C, English', false)).map((verdict) => verdict.what);
    expect(what).toHaveLength(3);
    expect(what.filter((each) => each.includes('false closures') || each.includes('late'))).toHaveLength(2);
  });

  it('of synthesised voices are those of the whole group', () => {
    const group = 'held-out voices';
    const rows = [row(group, 'one', false, { r: 0.95 }), row(group, 'two', false), row(group, ALL, false, { r: 0.82 })];
    expect(judged(...rows).map(({ what }) => what)).toContain('held-out voices: r 0.82 (target at least 0.85)');
  });
});

describe('the rows', () => {
  const spoken = (group: string, voice: string, warped = false): Spoken => ({
    group,
    voice,
    warped,
    samples: new Float32Array(16_000),
    labels: {
      durationMs: 1_000,
      phonemes: [
        { startMs: 0, ipa: '' },
        { startMs: 200, ipa: 'm' },
        { startMs: 400, ipa: 'a' },
        { startMs: 800, ipa: '' },
      ],
      opening: Array.from({ length: 81 }, (_, i) => (i > 32 && i < 64 ? 1 : 0)),
      openingHz: 80,
      utterances: [{ fromMs: 200, toMs: 800 }],
    },
  });
  const still = { opening: new Array(25).fill(0.5), shut: new Array(25).fill(false) };

  it('have one for all voices of a group, but none for all people, whose times are not found the same way', async () => {
    const jury = new SpeechJury({ lips: async () => still });
    for (const voice of ['one', 'two']) await jury.hear(spoken('known voices', voice));
    await jury.hear(spoken('people', 'Allison Smith, English'));
    await jury.hear(spoken('people', 'June Wallack, French', true));
    expect(jury.rows().map(({ voice, warped }) => [voice, warped])).toEqual([
      ['one', false],
      ['two', false],
      [ALL, false],
      ['Allison Smith, English', false],
      ['June Wallack, French', true],
    ]);
  });
});
