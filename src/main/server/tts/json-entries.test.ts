import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonEntries } from './json-entries';

async function* cut(text: string, size: number) {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function all(text: string, size: number, want = (_key: string) => true, maxBytes = 1 << 20) {
  const entries: [string, unknown][] = [];
  for await (const { key, json } of jsonEntries(cut(text, size), want, maxBytes)) {
    entries.push([key, json === undefined ? undefined : JSON.parse(json)]);
  }
  return entries;
}

describe('jsonEntries', () => {
  it('gives the members of any object, however it is cut and written', () =>
    fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue(), { noNullPrototype: true }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(undefined, 2, '\t'),
        async (object, size, indent) => {
          const text = JSON.stringify(object, undefined, indent);
          expect(await all(text, size)).toEqual(Object.entries(JSON.parse(text)));
        },
      ),
      { numRuns: 200 },
    ));

  it('keeps only the values that are wanted', async () => {
    const text = '{"a":{"x":"},{"},"b":[1,[2]],"c":"\\"}"}';
    expect(await all(text, 1, (key) => key === 'b')).toEqual([
      ['a', undefined],
      ['b', [1, [2]]],
      ['c', undefined],
    ]);
  });

  it('refuses what is no object, breaks off or is too large', async () => {
    for (const text of ['[1]', 'oops', '"a"', '', '{"a":1', '{"a', '{"a":{"b":2}']) {
      await expect(all(text, 3), text).rejects.toThrow(SyntaxError);
    }
    await expect(all(`{"a":"${'x'.repeat(100)}"}`, 7, undefined, 50)).rejects.toThrow('too large');
    await expect(all(`{"${'x'.repeat(2_000)}":1}`, 7)).rejects.toThrow('too large');
  });
});
