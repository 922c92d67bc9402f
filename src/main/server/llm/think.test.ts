import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ThinkFilter } from './think';

function filtered(pieces: string[]): string {
  const filter = new ThinkFilter();
  return pieces.map((piece) => filter.push(piece)).join('') + filter.flush();
}

const CASES: [text: string, spoken: string][] = [
  ['<think>hmm, 1 < 2</think>Hello.', 'Hello.'],
  ['Well <THINKING>no\n</thinking>yes', 'Well yes'],
  ['<think>a</think>b<think>c</think>d', 'bd'],
  ['<think>never ended', ''],
  ['orphan</think>text', 'orphantext'],
  ['1 < 2, <b>bold</b> and <thin', '1 < 2, <b>bold</b> and <thin'],
  ['<<think>x</think>>', '<>'],
];

describe('reasoning that is part of the text', () => {
  it.each(CASES)('%s -> %s', (text, spoken) => expect(filtered([text])).toBe(spoken));

  it('is found however the text is cut', () => {
    const cuts = fc.record({ example: fc.constantFrom(...CASES), at: fc.array(fc.nat(40), { maxLength: 12 }) });
    fc.assert(
      fc.property(cuts, ({ example: [text, spoken], at }) => {
        const sorted = [0, ...at.filter((i) => i < text.length).sort((a, b) => a - b), text.length];
        const pieces = sorted.slice(1).map((end, i) => text.slice(sorted[i], end));
        expect(pieces.join('')).toBe(text);
        expect(filtered(pieces)).toBe(spoken);
      }),
    );
  });

  it('holds back no more than what may be a tag', () => {
    const filter = new ThinkFilter();
    expect(filter.push('a <thi')).toBe('a ');
    expect(filter.push('s')).toBe('<this');
    expect(filter.push('<think>')).toBe('');
    expect(filter.thinking).toBe(true);
  });
});
