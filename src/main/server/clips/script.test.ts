import { describe, expect, it } from 'vitest';
import { jsonScript, parseScript, remoteScript, scriptOf } from './script';

describe('a script as people write it', () => {
  it('has lines to say, and directions in brackets', () => {
    const text = [
      '\uFEFF# a remark',
      '',
      'Good morning.',
      '[voice en-gb+m3]',
      '  And now to you.  ',
      '[pause 1.5]',
      '[PAUSE 2 s]',
      '[mode still]',
      '[mode 3]',
      '[voice]',
      '[audio a greeting.wav]',
      '\\[laughs] he said',
      '\\# is a hash',
    ].join('\r\n');
    expect(parseScript(text)).toEqual([
      { kind: 'say', text: 'Good morning.' },
      { kind: 'say', text: 'And now to you.', voice: 'en-gb+m3' },
      { kind: 'pause', durationMs: 1_500 },
      { kind: 'pause', durationMs: 2_000 },
      { kind: 'mode', audiotype: 1 },
      { kind: 'mode', audiotype: 3 },
      { kind: 'audio', file: 'a greeting.wav' },
      { kind: 'say', text: '[laughs] he said' },
      { kind: 'say', text: '# is a hash' },
    ]);
  });

  it.each([
    ['a\n[paus 1]', 'line 2: [paus]'],
    ['[pause]', 'line 1: [pause ]'],
    ['[pause -1]', 'line 1: [pause -1]'],
    ['[pause 601]', '600 at most'],
    ['[mode dancing]', 'live, still or the number'],
    ['[audio]', 'name a file'],
    ['[laughs] he said', 'backslash'],
    ['# nothing\n\n', 'empty'],
  ])('is refused with its line: %j', (text, why) => {
    expect(() => parseScript(text)).toThrow(why);
  });

  it('is bounded', () => {
    expect(() => parseScript('x\n'.repeat(5_001))).toThrow('5000 at most');
    expect(() => parseScript('x'.repeat(200_001))).toThrow('200000 at most');
  });
});

describe('a script in JSON', () => {
  it('means the same', () => {
    const steps = [
      'Hello.',
      { say: 'You.', voice: 'm3' },
      { pause: 0.5 },
      { mode: 'still' },
      { mode: 4 },
      { audio: 'a.wav' },
    ];
    expect(scriptOf(jsonScript.parse(steps))).toEqual([
      { kind: 'say', text: 'Hello.' },
      { kind: 'say', text: 'You.', voice: 'm3' },
      { kind: 'pause', durationMs: 500 },
      { kind: 'mode', audiotype: 1 },
      { kind: 'mode', audiotype: 4 },
      { kind: 'audio', file: 'a.wav' },
    ]);
  });

  it('names no files when it comes over the network', () => {
    expect(remoteScript.safeParse(['Hello.', { audio: '/etc/passwd' }]).success).toBe(false);
    expect(remoteScript.safeParse(['Hello.', { say: 'x', audio: '/etc/passwd' }]).success).toBe(false);
    expect(remoteScript.safeParse(['Hello.']).success).toBe(true);
  });
});
