import { describe, expect, it } from 'vitest';
import { en, type MessageKey } from './en';
import { preferredLanguage, translate } from './translate';
import { zh } from './zh';

const keys = Object.keys(en) as MessageKey[];
const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

describe('languages', () => {
  it('have the same keys', () => {
    expect(Object.keys(zh).sort()).toEqual([...keys].sort());
  });

  it.each(keys)('%s says something and keeps its placeholders', (key) => {
    expect(en[key].trim()).not.toBe('');
    expect(zh[key].trim()).not.toBe('');
    expect(placeholders(zh[key])).toEqual(placeholders(en[key]));
  });

  it('are translated, not copied', () => {
    const same = keys.filter((key) => en[key] === zh[key]);
    expect(same).toEqual(['figures.none']);
  });

  it('uses every key somewhere on the page', () => {
    const sources = Object.values(
      import.meta.glob<string>(['../**/*.ts', '../**/*.tsx', '!../i18n/{en,zh}.ts', '!../**/*.test.ts'], {
        query: '?raw',
        import: 'default',
        eager: true,
      }),
    ).join('\n');
    // Keys that are put together from a prefix and a state, as `said.state.${line.state}`.
    const composed =
      /^(status|said\.state|figures|theme|stage|presenter\.kind|clips\.shape(Hint)?|export\.(format|shape))\.|^voice\.(fe)?male$/;
    const unused = keys.filter((key) => !composed.test(key) && !sources.includes(`'${key}'`));
    expect(unused).toEqual([]);
  });
});

describe('translate', () => {
  it('fills placeholders and leaves unknown ones visible', () => {
    expect(translate('en', 'stage.retryIn', { seconds: 3, attempt: 2 })).toBe('Next try in 3 s (attempt 2)');
    expect(translate('zh', 'stage.retryIn', { seconds: 3 })).toContain('{attempt}');
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
