import { expect, it } from 'vitest';
import { readOptions } from './options';

it('watches what the address says, and nothing that is not an id', () => {
  expect(readOptions('?sessionid=123456&fit=cover').sessionId).toBe('123456');
  expect(readOptions('?sessionid=0').sessionId).toBe('0');
  for (const search of ['', '?sessionid=', '?sessionid=../offer', '?sessionid=12a', '?sessionid=-1']) {
    expect(readOptions(search).sessionId, search).toBeNull();
  }
});

it.each([
  ['', 'transparent'],
  ['?bg=transparent', 'transparent'],
  ['?bg=chroma', '#00b140'],
  ['?bg=%23ff00aa', '#ff00aa'],
  ['?bg=ff00aa', '#ff00aa'],
  ['?bg=0f0', '#0f0'],
  ['?bg=red;}body{display:none', 'transparent'],
  ['?bg=#ff00aa', 'transparent'],
])('%s puts %s behind the picture', (search, ground) => {
  expect(readOptions(search.replace(/#.*/, '')).ground).toBe(ground);
});

it.each([
  ['', null, 'transparent'],
  ['?background=chroma', '#00b140', '#00b140'],
  ['?background=0f0', '#00ff00', '#0f0'],
  ['?background=00ff00&bg=000000', '#00ff00', '#000000'],
  ['?background=green', null, 'transparent'],
])('%s asks for a presenter before %s, on %s', (search, background, ground) => {
  expect(readOptions(search)).toMatchObject({ background, ground });
});

it('has sound unless told otherwise', () => {
  expect(readOptions('').muted).toBe(false);
  expect(readOptions('?muted=0').muted).toBe(false);
  expect(readOptions('?muted').muted).toBe(true);
  expect(readOptions('?muted=1').muted).toBe(true);
  expect(readOptions('?avatar=vera&fit=stretch')).toMatchObject({ avatar: 'vera', fit: 'contain' });
});
