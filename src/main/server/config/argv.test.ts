import { describe, expect, it } from 'vitest';
import { parseArgv } from './argv';
import { nearest } from './nearest';

const values = (...argv: string[]) => Object.fromEntries(parseArgv(argv).values);

describe('forms of a flag', () => {
  it.each([
    [['--listenport', '9000'], { listenport: '9000' }],
    [['--listenport=9000'], { listenport: '9000' }],
    [['--max-session', '2'], { max_session: '2' }],
    [['--max_session=2'], { max_session: '2' }],
    [['--ref-file', 'a.wav'], { REF_FILE: 'a.wav' }],
    [['--TTS_SERVER=http://h/?a=b'], { TTS_SERVER: 'http://h/?a=b' }],
    [['--no_auth'], { no_auth: 'true' }],
    [['--no-auth', '--host', '::1'], { no_auth: 'true', host: '::1' }],
    [['--no_auth', 'false'], { no_auth: 'false' }],
    [['--no_auth=off'], { no_auth: 'off' }],
    [['--max_session', '1', '--max_session', '2'], { max_session: '2' }],
    [['--allowed_hosts', 'a', '--allowed_hosts', 'b,c'], { allowed_hosts: 'a,b,c' }],
    [['--max_session', '-1'], { max_session: '-1' }],
    [['--REF_TEXT='], { REF_TEXT: '' }],
  ])('%j', (argv, expected) => {
    expect(parseArgv(argv).problems).toEqual([]);
    expect(values(...argv)).toEqual(expected);
  });

  it('knows --help and --version', () => {
    expect(parseArgv(['--help']).help).toBe(true);
    expect(parseArgv(['-h']).help).toBe(true);
    expect(parseArgv(['--version']).version).toBe(true);
  });
});

describe("the peers' flags", () => {
  it('are accepted with one warning', () => {
    const argv =
      '--fps 50 -l 10 -m 8 -r 10 --W 450 --H=450 --bbox_shift -7 --asr --asr_save_feats --asr_wav a.wav --modelres 192 --modelfile x';
    const parsed = parseArgv([...argv.split(' '), '--listenport', '8011']);
    expect(parsed.problems).toEqual([]);
    expect(parsed.help).toBe(false);
    expect(parsed.warnings).toHaveLength(1);
    expect(parsed.warnings[0]).toContain('--fps -l -m -r --W --H --bbox_shift --asr');
    expect(Object.fromEntries(parsed.values)).toEqual({ listenport: '8011' });
  });
});

describe('mistakes', () => {
  it.each([
    ['--listenprot', 'did you mean --listenport?'],
    ['--listen', 'did you mean --listenport?'],
    ['--maxsession', 'did you mean --max_session?'],
    ['--ref_fil', 'did you mean --REF_FILE?'],
    ['--hlep', 'did you mean --help?'],
    ['-listenport', 'did you mean --listenport?'],
  ])('%s: %s', (flag, hint) => {
    const parsed = parseArgv([flag, '5']);
    expect(parsed.problems).toEqual([expect.stringContaining(hint)]);
  });

  it('does not suggest what is far away', () => {
    expect(parseArgv(['--frobnicate']).problems).toEqual(['unknown flag --frobnicate (--help lists all)']);
  });

  it('reports all of them', () => {
    const parsed = parseArgv(['stray', '--push_url', '--nope', '1', '--listenport']);
    expect(parsed.problems).toEqual([
      expect.stringContaining('unexpected "stray"'),
      '--push_url needs a value (URL)',
      expect.stringContaining('unknown flag --nope'),
      '--listenport needs a value (port)',
    ]);
  });

  it('keeps keys off the command line', () => {
    expect(parseArgv(['--llm_api_key', 'sk-1']).problems).toEqual([expect.stringContaining('HERALD_LLM_API_KEY')]);
  });
});

it('finds the nearest word', () => {
  expect(nearest('hots', ['host', 'token'])).toBe('host');
  expect(nearest('zzzzzz', ['host', 'token'])).toBeUndefined();
  expect(nearest('x', [])).toBeUndefined();
});
