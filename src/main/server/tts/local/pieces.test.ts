import fc from 'fast-check';
import { expect, it } from 'vitest';
import { speechPieces } from './pieces';

const texts = (text: string) => speechPieces(text).map((piece) => piece.text);

it('leaves a sentence of ordinary length whole', () => {
  expect(texts('Good morning, everyone.')).toEqual(['Good morning, everyone.']);
});

it('cuts a long sentence behind the marks that voices pause at, and nowhere else', () => {
  expect(
    texts(
      'In the year 2026, at half past 12:30, they sold 1,000,000 of these lamps, which is a lot; nobody knows why.',
    ),
  ).toEqual([
    'In the year 2026, at half past 12:30,',
    'they sold 1,000,000 of these lamps,',
    'which is a lot; nobody knows why.',
  ]);
  expect(texts('今天我们来看一看这个新的产品，它的设计非常简洁，使用起来也很方便，大家一定会喜欢的。')).toEqual([
    '今天我们来看一看这个新的产品，',
    '它的设计非常简洁，',
    '使用起来也很方便，',
    '大家一定会喜欢的。',
  ]);
});

it('pauses longer behind a sentence than behind a clause', () => {
  const [clause, end] = speechPieces(
    'This is a rather long clause with several words in it, and this one ends the sentence.',
  );
  expect(clause!.pauseMs).toBeLessThan(end!.pauseMs);
});

it('loses no word and adds none', () => {
  const word = fc.constantFrom('hello', 'world,', 'one;', 'two:', '1,000', 'end.', '你好，', '世界。', '—', 'a');
  fc.assert(
    fc.property(fc.array(word, { maxLength: 60 }), (words) => {
      const letters = (text: string) => text.replace(/[^\p{L}\p{N}]/gu, '');
      const text = words.join(' ');
      expect(letters(texts(text).join(''))).toBe(letters(text));
    }),
  );
});
