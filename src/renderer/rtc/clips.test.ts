import { expect, it } from 'vitest';
import { wordsOrScript } from './clips';

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
