import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyText, fuzzRuns } from '../../../../testing/fuzz';
import { SentenceSplitter, splitAll } from './sentences';
import { Speakable } from './speakable';

/** What makes a backtracking pattern explode, and what makes a scanner that looks back quadratic: one thing again and again. */
const PUMPS = [
  ['full stops', '.'],
  ['stops and blanks', '. '],
  ['abbreviations', 'Dr. '],
  ['initials', 'A.'],
  ['digits and stops', '1.'],
  ['open quotes', '“'],
  ['closing quotes and stops', '.”'],
  ['open brackets', '(['],
  ['blanks', ' '],
  ['line ends', '\n'],
  ['one endless word', 'a'],
  ['one endless Chinese word', '好'],
  ['emoji', '👩‍👩‍👧'],
  ['halves of characters', '\ud83d'],
  ['combining marks', '\u0301'],
  ['stars', '*'],
  ['code fences', '```'],
  ['link starts', '[a]('],
  ['tag starts', '<a '],
  ['entities', '&amp'],
  ['URL starts', 'http://'],
  ['table rows', '|--'],
] as const;
const LENGTH = 20_000;

describe('ReDoS: text that is made to take long', () => {
  // No clock is read: what takes more than linear time takes hours at this length, and the test's own limit ends it.
  it.each(PUMPS)('%s, 20,000 characters at once, with another end', (_what, pump) => {
    const text = `${pump.repeat(Math.ceil(LENGTH / pump.length))}!x`;
    const spoken = new Speakable();
    const heard = spoken.push(text) + spoken.flush();
    expect(splitAll(text).join('').length).toBeLessThanOrEqual(text.length);
    expect(heard.length).toBeLessThanOrEqual(text.length * 2);
  });

  it.each(PUMPS)('%s, in pieces, hold back a bounded part', (_what, pump) => {
    const splitter = new SentenceSplitter();
    const spoken = new Speakable();
    let most = 0;
    for (let i = 0; i < 2_000; i++) {
      splitter.push(spoken.push(pump));
      most = Math.max(most, splitter.waiting, spoken.waiting);
    }
    expect(most).toBeLessThan(2_000);
  });
});

it('text of any characters goes through both whole, however it is cut', () => {
  const nasty = fc.array(fc.constantFrom(...PUMPS.map(([, pump]) => pump), 'word', ', ', '! '), { maxLength: 60 });
  fc.assert(
    fc.property(
      fc.oneof(
        nasty.map((parts) => parts.join('')),
        anyText(200),
      ),
      fc.integer({ min: 1, max: 50 }),
      (text, size) => {
        const bare = (s: string) => s.replace(/\s/gu, '');
        expect(bare(splitAll(text).join(''))).toBe(bare(text));
        const [whole, parts] = [new Speakable(), new Speakable()];
        const once = whole.push(text) + whole.flush();
        let cut = '';
        for (let i = 0; i < text.length; i += size) cut += parts.push(text.slice(i, i + size));
        expect(cut + parts.flush()).toBe(once);
      },
    ),
    fuzzRuns(80),
  );
});
