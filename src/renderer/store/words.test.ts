import { describe, expect, it } from 'vitest';
import { findSentence, hasMoreToSay } from './words';

const found = (words: string, sentence: string, from = 0) => {
  const span = findSentence(words, sentence, from);
  return span && words.slice(span.from, span.to);
};

describe('findSentence', () => {
  it('takes the stops and closing quotes along, and no blanks', () => {
    expect(found('He said “no!” Then he left.', 'He said "no!"')).toBe('He said “no!”');
    expect(found('大家好，欢迎。请坐。', '大家好，欢迎。')).toBe('大家好，欢迎。');
  });

  it('looks behind what was said, and gives up what is not there', () => {
    expect(findSentence('No. No.', 'No.', 3)).toEqual({ from: 4, to: 7 });
    expect(found('No.', 'No.', 3)).toBeNull();
    expect(found('Hello.', '…')).toBeNull();
  });

  it('counts characters outside the basic plane right', () => {
    expect(found('👋 𠮷野家。Next.', '𠮷野家。')).toBe('𠮷野家。Next.'.slice(0, 5));
  });
});

describe('hasMoreToSay', () => {
  it('hears only letters and digits', () => {
    expect([hasMoreToSay('Hi. 👍', 3), hasMoreToSay('Hi. 7', 3)]).toEqual([false, true]);
  });
});
