import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyText, fuzzRuns } from '../../../../testing/fuzz';
import { avatarName } from '../../../shared/protocol';
import { freeName, tidyName } from './names';

it.each([
  ['wav2lip256_avatar1', 'wav2lip256_avatar1'],
  ['小美 (1)', '小美 _1'],
  ['../../etc/passwd', 'etc_passwd'],
  ['.hidden', 'hidden'],
  ['a..b', 'a.b'],
  ['x'.repeat(100), 'x'.repeat(60)],
  ['???', 'avatar'],
  ['', 'avatar'],
])('%j is called %j', (words, name) => expect(tidyName(words, 'avatar')).toBe(name));

it('whatever it is called, it becomes a name that the library takes', () => {
  fc.assert(
    fc.property(anyText(100), (words) => {
      expect(avatarName.safeParse(tidyName(words, 'avatar')).success).toBe(true);
    }),
    fuzzRuns(300),
  );
});

it('counts on where a name is taken', () => {
  const names = new Set(['clara', 'clara-2']);
  expect([freeName('clara', (name) => names.has(name)), freeName('mia', (name) => names.has(name))]).toEqual([
    'clara-3',
    'mia',
  ]);
});
