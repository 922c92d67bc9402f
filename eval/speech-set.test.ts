import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closures } from '../testing/opening';
import { root } from '../testing/server';
import { peopleHere, peopleRemedy, peoplesSpeech } from './speech-set';

/** One second of G.722; any bytes are some sound. */
const SECOND = Buffer.alloc(8_000, 0x5a);
const take = (file: string, voice: string) => ({
  file,
  durationMs: 1_000,
  group: 'people',
  voice,
  phonemes: [
    [0, ''],
    [200, 'm'],
    [300, 'a'],
    [800, ''],
  ],
  opening: new Array(81).fill(50),
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'speech-set-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const labels = (code: string, about: object) =>
  writeFileSync(join(folder, `people-${code}.json`), JSON.stringify(about));
const recordings = (name: string, ...files: string[]) => {
  mkdirSync(join(folder, 'sounds', name), { recursive: true });
  for (const file of files) writeFileSync(join(folder, 'sounds', name, file), SECOND);
};
const here = () => peopleHere(folder, join(folder, 'sounds'));

describe('recordings of people', () => {
  it('are judged in each language that has labels and recordings; what lacks recordings is told with its package', () => {
    for (const code of ['en', 'fr', 'ru']) labels(code, { openingHz: 80, takes: [] });
    recordings('en', 'agent-alreadyon.g722');
    recordings('ru_RU_f_IvrvoiceRU', 'agent-alreadyon.g722');
    recordings('it', 'agent-alreadyon.g722'); // has no labels
    expect(here()).toEqual({
      here: [
        { code: 'en', folder: join(folder, 'sounds', 'en') },
        { code: 'ru', folder: join(folder, 'sounds', 'ru_RU_f_IvrvoiceRU') },
      ],
      missing: ['fr'],
    });
    expect(peopleRemedy(['fr', 'es'])).toContain(
      'apt-get install asterisk-core-sounds-fr-g722 asterisk-core-sounds-es-g722',
    );
  });

  it('in English may lie in the folder itself, as --people has always taken them', () => {
    labels('en', { openingHz: 80, takes: [] });
    recordings('', 'agent-alreadyon.g722');
    expect(here().here).toEqual([{ code: 'en', folder: join(folder, 'sounds') }]);
  });

  it('come with their labels, whose times say where they are from; one that another release lacks is left out', () => {
    const takes = ['agent-alreadyon.g722', 'only-elsewhere.g722'].map((file) => take(file, 'June Wallack, French'));
    labels('fr', { openingHz: 80, warped: true, takes });
    labels('en', { openingHz: 80, takes: [take('agent-alreadyon.g722', 'Allison Smith, English')] });
    for (const code of ['en', 'fr']) recordings(code, 'agent-alreadyon.g722');
    const [english, french] = here().here.map((person) => [...peoplesSpeech(folder, person)]);
    expect(english).toMatchObject([{ voice: 'Allison Smith, English', warped: false }]);
    expect(french).toMatchObject([
      { group: 'people', voice: 'June Wallack, French', warped: true, labels: { durationMs: 1_000, openingHz: 80 } },
    ]);
    expect(french?.[0]?.samples).toHaveLength(16_000);
    expect(french?.[0]?.labels.opening[0]).toBe(0.5);
    expect(french?.[0]?.labels.utterances).toEqual([{ fromMs: 200, toMs: 800 }]);
  });
});

describe('the labels in eval/held-out', () => {
  const heldOut = join(root, 'eval', 'held-out');
  const files = readdirSync(heldOut).filter((name) => /^people-.*\.json$/.test(name));

  it('are of five languages, and the folder stays under 5 MB', () => {
    expect(files).toEqual(['en', 'es', 'fr', 'it', 'ru'].map((code) => `people-${code}.json`));
    const bytes = readdirSync(heldOut).reduce((sum, name) => sum + statSync(join(heldOut, name)).size, 0);
    expect(bytes).toBeLessThan(5_000_000);
  });

  it.each(files)(
    '%s: sounds in order inside their recording, an opening for all of it, and lips that have to shut',
    (file) => {
      const about = JSON.parse(readFileSync(join(heldOut, file), 'utf8'));
      const problems: string[] = [];
      let shut = 0;
      for (const { file: name, durationMs, phonemes, opening, group } of about.takes) {
        const starts: number[] = phonemes.map(([startMs]: [number]) => startMs);
        if (starts.some((startMs, i) => startMs < (starts[i - 1] ?? 0) || startMs > durationMs))
          problems.push(`${name}: order`);
        if (Math.abs(opening.length - (durationMs / 1_000) * about.openingHz) > 1) problems.push(`${name}: opening`);
        if (opening.some((hundredths: number) => hundredths < 0 || hundredths > 130)) problems.push(`${name}: range`);
        if (group !== 'people') problems.push(`${name}: group`);
        shut += closures(
          phonemes.map(([startMs, ipa]: [number, string]) => ({ startMs, ipa })),
          durationMs,
        ).length;
      }
      expect(problems).toEqual([]);
      expect(shut).toBeGreaterThan(200);
    },
  );
});
