import { expect, it } from 'vitest';
import { wordsOrScript } from './clips';
import { fittingWish } from './exports';

it.each([
  ['Good morning.\nAnd welcome.', 'text'],
  ['We said [laughs] nothing.', 'text'],
  ['Number #1 is here.', 'text'],
  ['Hello.\n[pause 1.5]\nHello again.', 'script'],
  ['  [Voice anna]\nHello.', 'script'],
  ['# a remark\nHello.', 'script'],
  ['\\[this line is said]', 'script'],
])('%j is a %s', (words, kind) => {
  expect(wordsOrScript(words)).toEqual({ [kind]: words });
});

it('asks of an export only what its format can have', () => {
  expect(fittingWish('gif', 'square', true)).toEqual({ format: 'gif', crop: 'square', subtitles: true });
  expect(fittingWish('mp4', undefined, false)).toEqual({ format: 'mp4' });
  expect(fittingWish('mp3', 'portrait', true)).toEqual({ format: 'mp3' });
});
