import { resolve, sep } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyText, fuzzRuns } from '../../../../testing/fuzz';
import { avatarName, recordingId } from '../../../shared/protocol';
import { JOB_ID } from '../job-queue';
import { faceBoxOf } from './coords';

/** Ways out of a folder, as they have worked somewhere: in paths, URLs, archives, Windows' names and C strings. */
const TRAVERSALS = [
  '../secret',
  '..\\secret',
  'a/../../secret',
  'a/..',
  '..',
  '.',
  '/etc/passwd',
  'C:\\Windows',
  '\\\\host\\share',
  'a\0.png',
  '%2e%2e%2fsecret',
  '．．/secret',
  'a/./b',
  '~/secret',
  'file:///etc/passwd',
  'con:aux',
] as const;

const ids = [
  ['an avatar name', (text: string) => avatarName.safeParse(text).success],
  ['the id of a recording', (text: string) => recordingId.safeParse(text).success],
  ['the id of a clip or export', (text: string) => JOB_ID.test(text)],
] as const;

describe.each(ids)('traversal: %s', (_what, accepts) => {
  it.each(TRAVERSALS)('is not %j', (attempt) => {
    expect(accepts(attempt)).toBe(false);
    if (attempt !== '.') expect(accepts(`2026-01-02-030405-${attempt}-123456`)).toBe(false);
  });

  it('that is accepted stays one name in its folder, on Windows too', () => {
    const part = fc.constantFrom(
      'a',
      'B',
      '9',
      '.',
      '..',
      '/',
      '\\',
      ' ',
      '-',
      '_',
      '主',
      ':',
      '\0',
      '\u202e',
      'é',
      '~',
      '%2f',
    );
    const name = fc.oneof(
      fc.array(part, { maxLength: 12 }).map((parts) => parts.join('')),
      anyText(20),
    );
    const dated = name.map((text) => `2026-01-02-030405-${text}-123456`);
    fc.assert(
      fc.property(fc.oneof(name, dated), (text) => {
        if (!accepts(text)) return;
        const root = resolve('/root/of/it');
        expect(resolve(root, text).startsWith(root + sep)).toBe(true);
        expect(resolve(root, text).slice(root.length + 1)).toBe(text);
        expect(text).not.toMatch(/[\\/:\0]|\.\./);
      }),
      fuzzRuns(500),
    );
  });
});

it('a face box is inside its picture, even and not empty, or it is refused in words', () => {
  const edge = fc.oneof(fc.integer({ min: -10, max: 600 }), fc.integer());
  const size = fc.integer({ min: 1, max: 600 });
  fc.assert(
    fc.property(fc.tuple(edge, edge, edge, edge), size, size, (coords, widthPx, heightPx) => {
      const box = faceBoxOf(coords, widthPx, heightPx);
      if (typeof box === 'string') {
        expect(box.length).toBeGreaterThan(10);
        return;
      }
      for (const value of Object.values(box)) expect(value % 2).toBe(0);
      expect(Math.min(box.xPx, box.yPx)).toBeGreaterThanOrEqual(0);
      expect(Math.min(box.widthPx, box.heightPx)).toBeGreaterThan(0);
      expect(box.xPx + box.widthPx).toBeLessThanOrEqual(widthPx);
      expect(box.yPx + box.heightPx).toBeLessThanOrEqual(heightPx);
    }),
    fuzzRuns(2_000),
  );
});
