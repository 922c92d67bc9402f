import { join, normalize, sep } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fuzzRuns } from '../../../../testing/fuzz';
import { importPath } from '../../../shared/library-protocol';
import { avatarFileOf } from './avatar-files';

/** Pieces that paths of attackers, old programs and people are made of. */
const segment = fc.oneof(
  fc.constantFrom(
    '..',
    '.',
    '',
    'full_imgs',
    'face_imgs',
    'coords.pkl',
    '0.png',
    'C:',
    '...',
    ' ',
    '~',
    '小美',
    '%2e%2e',
    '..\\..',
  ),
  fc.string({ maxLength: 6, unit: 'binary' }),
);
const path = fc
  .tuple(fc.array(segment, { maxLength: 6 }), fc.constantFrom('/', '/', '/', '\\', '//'))
  .map(([segments, separator]) => segments.join(separator));

it('a path that is taken stays inside its folder, on every system, and is written as it is read', () => {
  let taken = 0;
  fc.assert(
    fc.property(path, (text) => {
      if (!importPath.safeParse(text).success) return;
      taken++;
      const root = join(sep, 'data', 'imports', 'x');
      expect(join(root, text).startsWith(root + sep)).toBe(true);
      expect(normalize(text)).toBe(text.replaceAll('/', sep));
      expect(text).not.toMatch(/^[\\/]|\\|:|\p{Cc}/u);
      expect(text.split('/').every((name) => name !== '' && name !== '.' && name !== '..')).toBe(true);
    }),
    fuzzRuns(2_000),
  );
  expect(taken).toBeGreaterThan(20);
});

it('a file of an avatar goes to one of three places, and everything else is dropped or refused', () => {
  let placed = 0;
  const nearly = fc
    .tuple(fc.array(segment, { maxLength: 3 }), fc.constantFrom('full_imgs', 'face_imgs', 'mask', '..'), segment)
    .map(([before, folder, name]) => [...before, folder, name].join('/'));
  fc.assert(
    fc.property(fc.oneof(path, nearly), (text) => {
      let place: ReturnType<typeof avatarFileOf>;
      try {
        place = avatarFileOf(text);
      } catch (error) {
        expect(error).toMatchObject({ kind: 'malformed' });
        return;
      }
      if (!place) return;
      placed++;
      expect(place.part).toMatch(/^(?:(?:full|face)_imgs\/[^/\\]+\.(?:png|jpe?g)|coords\.pkl)$/i);
      expect([place.inside, place.part].filter(Boolean).join('/')).toBe(text);
    }),
    fuzzRuns(2_000),
  );
  expect(placed).toBeGreaterThan(10);
});
