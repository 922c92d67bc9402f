import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { appRoot } from '../entries';
import { loadRules, matchRule, type Rule } from './rules';

const folder = mkdtempSync(join(tmpdir(), 'herald-rules-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function load(content: unknown): Rule[] {
  const file = join(folder, 'rules.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return loadRules(file);
}
const problems = (content: unknown): string[] => {
  try {
    load(content);
  } catch (error) {
    return (error as Error).message.split('\n').map((line) => line.replace(/^--rules \S+?rules\.json:? /, ''));
  }
  throw new Error('was accepted');
};

describe('the example', () => {
  const rules = loadRules(join(appRoot, 'docs', 'rules.example.json'));

  it.each([
    ['请给我们弹古筝吧！', '好的，请欣赏古筝表演。'],
    ['现在表演古筝', '好的，请欣赏古筝表演。'],
    ['Could you PLAY the guzheng for us?', 'With pleasure: here is the guzheng.'],
    ['ｐｅｒｆｏｒｍ　ｔｈｅ　ｇｕｚｈｅｎｇ', 'With pleasure: here is the guzheng.'],
    ['请play the guzheng吧', 'With pleasure: here is the guzheng.'],
  ])('%s', (text, say) => expect(matchRule(rules, text)).toEqual({ say, audiotype: 2 }));

  it('leaves everything else to the model', () => {
    for (const text of ['古筝是什么？', 'I played the guzheng', 'display the guzheng', 'play the guzhengs', '']) {
      expect(matchRule(rules, text)).toBeUndefined();
    }
  });

  it('uses what was said', () => {
    expect(matchRule(rules, 'My name is Ada, hello')).toEqual({ say: 'Nice to meet you, Ada.' });
  });
});

describe('a rule', () => {
  it('applies to whole words of scripts that have them', () => {
    const rules = load([{ match: 'art', audiotype: 3 }]);
    for (const text of ['art', 'ART!', 'start art', '看art吧', 'state-of-the-art'])
      expect(matchRule(rules, text)).toEqual({ audiotype: 3 });
    for (const text of ['start', 'arts', 'ar t', 'artё']) expect(matchRule(rules, text)).toBeUndefined();
  });

  it('does not mind the form of letters, apostrophes and blanks', () => {
    const rules = load([{ match: ["what's up", 'ＡＢＣ', '! hey'], say: 'Hi.' }]);
    for (const text of ['What’s   up?', 'abc', 'so! hey you']) expect(matchRule(rules, text)).toEqual({ say: 'Hi.' });
  });

  it('that comes first wins, by word or by pattern', () => {
    const rules = load([
      { match: 'tea', pattern: '^coffee', say: 'first' },
      { match: ['tea', 'coffee'], say: 'second' },
    ]);
    expect(['tea', 'coffee', 'a coffee'].map((text) => matchRule(rules, text)?.say)).toEqual([
      'first',
      'first',
      'second',
    ]);
  });

  it('fills in groups and the text, once', () => {
    const rules = load([{ pattern: '(\\w+) or (\\w+)( today)?', flags: 'i', say: '$2, not $1$3: {text}' }]);
    expect(matchRule(rules, 'Tea or $1')).toBeUndefined();
    expect(matchRule(rules, 'Tea or {text}')).toBeUndefined();
    expect(matchRule(rules, 'Tea or milk?')).toEqual({ say: 'milk, not Tea: Tea or milk?' });
    expect(matchRule(load([{ match: 'x', say: '{text} $1' }]), 'x {text} $1')).toEqual({ say: 'x {text} $1' });
  });

  it('looks at the first 500 characters with a pattern', () => {
    const rules = load([{ pattern: 'needle', audiotype: 1 }]);
    expect(matchRule(rules, `${'x'.repeat(494)}needle`)).toEqual({ audiotype: 1 });
    expect(matchRule(rules, `${'x'.repeat(495)}needle`)).toBeUndefined();
  });

  it('does not hold up the server with a pattern that backtracks', () => {
    // 500^5 steps would be hours: that the test ends is the proof.
    const rules = load([
      { pattern: '.*a.*a.*a.*a.*b', say: 'never' },
      { match: 'aaa', say: 'next' },
    ]);
    const slow: Rule[] = [];
    expect(matchRule(rules, `${'a'.repeat(500)} aaa`, (rule) => slow.push(rule))).toEqual({ say: 'next' });
    expect(slow).toEqual([rules[0]]);
  });
});

describe('a file with problems', () => {
  it('names all of them, with index and key', () => {
    expect(
      problems([
        { match: 'ok', say: 'ok' },
        { say: 'when?' },
        { match: ['what?'] },
        { match: '', audiotype: 2.5 },
        { pattern: '(unclosed', say: 'x' },
        { pattern: 'x', flags: 'gi', say: 'x' },
        { match: 'x', flags: 'i', say: 'x' },
        { match: 'x', says: 'x', audiotype: 1 },
        { match: 7, say: 'x' },
      ]),
    ).toEqual([
      'rule 1 "match" or "pattern" is needed: when it applies',
      'rule 2 "say" or "audiotype" is needed: what it does',
      'rule 3 "match" must not be empty',
      'rule 3 "audiotype" must be a whole number, 0 or more',
      expect.stringMatching(/^rule 4 "pattern" Invalid regular expression: .*Unterminated group/),
      'rule 5 "flags" may hold i, m, s and u, once each',
      'rule 6 "flags" belong to a "pattern", and there is none',
      'rule 7 Unrecognized key: "says"',
      'rule 8 "match" must be a word or phrase, or a list of them',
    ]);
  });

  it.each(['(a+)+', '(a*)*b', '(?:a+|b){2,}', '(a|aa)+', '((ab)*c)+', '(\\d+\\s?){20}', '([(]a+)+'])(
    '%s can take for ever',
    (pattern) => {
      expect(problems([{ pattern, say: 'x' }])).toEqual([
        expect.stringMatching(/^rule 0 "pattern" repeats the group \(.* can take for ever/),
      ]);
    },
  );

  it.each(['(play|perform) the \\w+', '(a+)?', '(ab)+', '[(a+)]+', '\\(a+\\)+', '(a|b){2}', '(?<who>\\w+)'])(
    '%s is fine',
    (pattern) => {
      expect(load([{ pattern, say: 'x' }])).toHaveLength(1);
    },
  );

  it('says what it must hold', () => {
    expect(problems({})[0]).toMatch(/^must be a list of rules/);
    expect(problems('[{]')[0]).toMatch(/cannot be read: .*JSON/);
    expect(() => loadRules(join(folder, 'none.json'))).toThrow(/cannot be read: ENOENT/);
    expect(load('\ufeff[]')).toEqual([]);
  });
});
