import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { anyText, fuzzRuns } from '../../testing/fuzz';
import * as protocol from './protocol';
import * as settingsProtocol from './settings-protocol';

const { controlBodies, ...others } = protocol;
const bodies = (push: boolean) =>
  Object.entries(controlBodies({ push })).map(
    ([name, schema]) => [`${name}${push ? ' (push)' : ''}`, schema] as [string, z.ZodType],
  );
const schemas: [string, z.ZodType][] = [
  ...Object.entries({ ...others, ...settingsProtocol }).flatMap(([name, value]): [string, z.ZodType][] =>
    (value as unknown) instanceof z.ZodType ? [[name, value as unknown as z.ZodType]] : [],
  ),
  ...bodies(false),
  ...bodies(true),
];

/** Keys and values that the schemas look for, so that not all of it is refused at the first glance. */
const KEYS = [
  'sessionid',
  'type',
  'text',
  'sdp',
  'tts',
  'audiotype',
  'code',
  'data',
  'status',
  'turn',
  'title',
  '__proto__',
];
const leaf = fc.oneof(
  fc.constantFrom<unknown>(
    '',
    null,
    0,
    1,
    -1,
    123_456,
    '123456',
    ' 7 ',
    'offer',
    'echo',
    'chat',
    'ok',
    'start',
    true,
    1e308,
    0.5,
  ),
  anyText(20),
  fc.double(),
);
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 8 })), tie('value'), { maxKeys: 8 }),
  ),
})).value;

describe.each(schemas)('%s', (_name, schema) => {
  it('takes any JSON or refuses it, and what it took it would take again', () => {
    fc.assert(
      fc.property(json, (value) => {
        const first = schema.safeParse(value);
        if (!first.success) {
          expect(first.error.issues.length).toBeGreaterThan(0);
          return;
        }
        // Fields that are dropped when empty may be undefined now; JSON knows no undefined.
        const again = schema.safeParse(first.data);
        expect(again.success).toBe(true);
        expect(again.data).toEqual(first.data);
        expect(({} as Record<string, unknown>).polluted).toBeUndefined();
      }),
      fuzzRuns(60),
    );
  });
});

it('are all there', () => {
  expect(schemas.length).toBeGreaterThan(40);
});

it('a session id is a whole number, however it was written', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.double(), fc.integer(), fc.nat().map(String)), (value) => {
      const parsed = protocol.sessionId.safeParse(value);
      if (parsed.success) expect(Number.isSafeInteger(parsed.data)).toBe(true);
    }),
    fuzzRuns(1_000),
  );
});
