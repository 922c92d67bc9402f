import { describe, expect, it } from 'vitest';
import { alsoTold, SENTENCES, say, toldOf } from './told';

const entries = Object.entries(SENTENCES) as [keyof typeof SENTENCES, string][];
const sources = Object.values(
  import.meta.glob<string>(['../main/server/**/*.ts', '!../**/*.test.ts'], {
    query: '?raw',
    import: 'default',
    eager: true,
  }),
).join('\n');

/** The sentence with values as they may come: one word, or several. */
const filled = (english: string) =>
  english.replace(/\{\{(\w+)(\.\.\.)?\}\}/g, (_, name: string, any?: string) =>
    any ? `some ${name} (401)` : `<${name}>`,
  );

describe('sentences of the server', () => {
  it.each(entries)('%s is found by its English, with its values', (key, english) => {
    const names = [...english.matchAll(/\{\{(\w+)/g)].map(([, name]) => name);
    const found = toldOf(filled(english));
    expect(found?.key).toBe(key);
    expect(Object.keys(found?.values ?? {}).sort()).toEqual(names.sort());
  });

  // One that nobody says by its key may have drifted from what is said.
  it('are all said by their keys', () => {
    expect(entries.map(([key]) => key).filter((key) => !sources.includes(`'${key}'`))).toEqual([]);
  });

  it('fills in what is given, and leaves other text without a key', () => {
    expect(say('llm.busyFor', { seconds: 3 })).toBe('it has too many requests (429) and asks for 3 s');
    expect(alsoTold(say('llm.busyFor', { seconds: 3 }))).toEqual({
      told: { key: 'llm.busyFor', values: { seconds: '3' } },
    });
    expect(say('upload.empty')).toBe('The file is empty (0 bytes).');
    expect(toldOf('The file is empty (0 bytes).')).toEqual({ key: 'upload.empty' });
    expect(alsoTold('Something else went wrong.')).toEqual({});
    expect(alsoTold(undefined)).toEqual({});
    // One word is one word: this is no `Set {{variable}}.`
    expect(toldOf('Set the clock, best by hand.')).toBeUndefined();
  });

  it('is quick about long text that fits none', () => {
    const long = `${'a in b and in '.repeat(2_000)}x`;
    const startedMs = process.cpuUsage().user;
    expect(toldOf(long)).toBeUndefined();
    expect((process.cpuUsage().user - startedMs) / 1_000).toBeLessThan(500);
  });
});
