import { afterEach, describe, expect, it } from 'vitest';
import { SENTENCES, toldOf } from '../../shared/told';
import { usePreferences } from '../store/preferences';
import { inOwnWords } from './told';
import { told as chinese } from './zh/told';

const entries = Object.entries(SENTENCES);
const words: Record<string, string> = chinese;

/** What English says that Chinese leaves out: where the sentence is shown, the field or the button says it. */
const LEFT_OUT = new Set(['notes', 'begun', 'health.voice why', 'voice.cutShort why', 'record.noMore why']);
const placeholders = (text: string) => new Set([...text.matchAll(/\{\{(\w+)/g)].map(([, name]) => name!));

describe('what the server tells, in Chinese', () => {
  it('has words for every key, and for no other', () => {
    expect(Object.keys(words).sort()).toEqual(Object.keys(SENTENCES).sort());
  });

  it.each(entries)('%s says what English says, with the same values', (key, english) => {
    expect(words[key]).toMatch(/\p{Script=Han}/u);
    const wanted = [...placeholders(english)]
      .filter((name) => !LEFT_OUT.has(name) && !LEFT_OUT.has(`${key} ${name}`))
      .sort();
    expect([...placeholders(words[key]!)].sort()).toEqual(wanted);
  });
});

describe('inOwnWords', () => {
  afterEach(() => usePreferences.setState({ language: 'en' }));
  const english = 'nothing answers at http://127.0.0.1:11434';

  it('is Chinese on a Chinese page, and the server’s sentence on an English one', () => {
    expect(inOwnWords(toldOf(english), english)).toBe(english);
    usePreferences.setState({ language: 'zh' });
    expect(inOwnWords(toldOf(english), english)).toBe('http://127.0.0.1:11434 没有服务在运行');
  });

  it('falls back to the server’s sentence where it has no key, or one that this page does not know', () => {
    usePreferences.setState({ language: 'zh' });
    expect(inOwnWords(undefined, english)).toBe(english);
    expect(inOwnWords(null, english)).toBe(english);
    expect(inOwnWords({ key: 'of.tomorrow', values: {} }, english)).toBe(english);
  });
});
