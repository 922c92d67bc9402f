import { afterEach, describe, expect, it } from 'vitest';
import { usePreferences } from '../store/preferences';
import { words } from '.';
import { en as initialEnglish } from './en';
import { outputs as englishOutputs } from './en/outputs';
import { server as englishServer } from './en/server';
import { preferredLanguage } from './language';
import { translate } from './translate';
import { zh as initialChinese } from './zh';
import { outputs as chineseOutputs } from './zh/outputs';
import { server as chineseServer } from './zh/server';

// With those that come later, with their panel.
const en = { ...initialEnglish, server: englishServer, outputs: englishOutputs };
const zh = { ...initialChinese, server: chineseServer, outputs: chineseOutputs };

type Words = Record<string, Record<string, string>>;
const namespaces = Object.entries(en as Words);
const chinese = zh as Words;

/** Chinese has one form where English has two: `_one` may be missing there. */
const withoutPlurals = (keys: string[]) => [...new Set(keys.map((key) => key.replace(/_(one|other)$/, '')))].sort();
const placeholders = (text: string) =>
  [...new Set(text.match(/\{\{-?\s*\w+/g))].map((p) => p.replace(/\W/g, '')).sort();
const entries = namespaces.flatMap(([ns, dictionary]) =>
  Object.entries(dictionary).map(([key, text]) => [ns, key, text] as const),
);

/** Names and signs that are the same in every language. */
const SAME = new Set(['figures.none', 'status.name']);

describe('languages', () => {
  it('have the same namespaces', () => {
    expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
  });

  it.each(namespaces)('%s has the same keys', (ns, dictionary) => {
    expect(withoutPlurals(Object.keys(chinese[ns] ?? {}))).toEqual(withoutPlurals(Object.keys(dictionary)));
  });

  it.each(entries)('%s: %s says something and keeps its placeholders', (ns, key, text) => {
    expect(text.trim()).not.toBe('');
    const other = chinese[ns]?.[key];
    if (other === undefined) {
      expect(key).toMatch(/_one$/);
      return;
    }
    expect(other.trim()).not.toBe('');
    expect(placeholders(other)).toEqual(placeholders(text));
    // Left over from a format of earlier times.
    expect(other.replaceAll(/\{\{.*?\}\}/g, '')).not.toMatch(/[{}]/);
  });

  it('are translated, not copied', () => {
    const words = /[a-z]{4}/i;
    const copied = entries.filter(
      ([ns, key, text]) => chinese[ns]?.[key] === text && words.test(text) && !SAME.has(key),
    );
    expect(copied).toEqual([]);
  });

  it('have no key in two namespaces, as messages of the store look through all of them', () => {
    const seen = new Map<string, string>();
    const twice = entries.filter(([ns, key]) => {
      const before = seen.get(key);
      seen.set(key, ns);
      return before !== undefined && key.includes('.');
    });
    expect(twice).toEqual([]);
  });

  it('use every dotted key somewhere on the page', () => {
    const sources = Object.values(
      import.meta.glob<string>(['../**/*.ts', '../**/*.tsx', '!../i18n/{en,zh}/*.ts', '!../**/*.test.ts'], {
        query: '?raw',
        import: 'default',
        eager: true,
      }),
    ).join('\n');
    // Keys that are put together from a prefix and a state, as `said.state.${line.state}`.
    const prefixes = [...sources.matchAll(/`([\w.:]+\.)\$\{/g)].map(([, prefix]) => prefix?.replace(/^\w+:/, '') ?? '');
    const unused = entries.filter(([, key]) => {
      const base = key.replace(/_(one|other)$/, '');
      return (
        !sources.includes(`${base}'`) &&
        !sources.includes(`="${base}"`) &&
        !prefixes.some((prefix) => prefix.includes('.') && key.startsWith(prefix))
      );
    });
    expect(unused).toEqual([]);
  });
});

describe('translate', () => {
  afterEach(() => usePreferences.setState({ language: 'en' }));

  it('fills placeholders, in the language of the preferences', () => {
    usePreferences.setState({ language: 'en' });
    expect(translate('stage.retryIn', { seconds: 3, attempt: 2 })).toBe('Next try in 3 s (attempt 2)');
    usePreferences.setState({ language: 'zh' });
    expect(words.language).toBe('zh');
    expect(translate('stage.retryIn', { seconds: 3, attempt: 2 })).toBe('3 秒后重试（第 2 次）');
    expect(translate('compose.chatHintModel', { model: 'a<b>' })).toContain('a<b>');
  });
});

describe('preferredLanguage', () => {
  it.each([
    [['zh-CN', 'en'], 'zh'],
    [['zh-Hant-TW'], 'zh'],
    [['fr-FR', 'en-GB', 'zh'], 'en'],
    [['de'], 'en'],
    [[], 'en'],
  ])('%j -> %s', (wanted, language) => {
    expect(preferredLanguage(wanted as string[])).toBe(language);
  });
});
