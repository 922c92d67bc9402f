import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../shared/settings';
import { defaultDataDir } from './data-dir';
import { type LoadedSettings, loadSettings } from './load';
import { saveSettings } from './settings-file';
import { loadOrCreateToken } from './token';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'herald-data-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const load = (argv: string[] = [], env: Record<string, string> = {}, file?: unknown) => {
  if (file !== undefined) {
    writeFileSync(join(dataDir, 'settings.json'), typeof file === 'string' ? file : JSON.stringify(file));
  }
  return loadSettings({ argv, env, version: '1.2.3', defaultDataDir: dataDir, cwd: '/work' });
};
const run = (...input: Parameters<typeof load>): LoadedSettings => {
  const result = load(...input);
  if (result.kind !== 'run') throw new Error(JSON.stringify(result));
  return result;
};
const problems = (...input: Parameters<typeof load>): string[] => {
  const result = load(...input);
  return result.kind === 'problems' ? result.problems : [];
};

describe('where a value comes from', () => {
  it('is the default on an empty machine', () => {
    const { settings, warnings } = run();
    expect(settings).toEqual({ ...defaultSettings(), data: dataDir });
    expect(warnings).toEqual([]);
  });

  it('is the file, then the environment, then the command line', () => {
    const file = { listenport: 1, max_session: 1, host: '1.1.1.1' };
    const { settings, sources } = run(['--listenport', '3'], { HERALD_LISTENPORT: '2', HERALD_MAX_SESSION: '2' }, file);
    expect(settings).toMatchObject({ listenport: 3, max_session: 2, host: '1.1.1.1', tts: 'auto' });
    expect(sources).toMatchObject({
      listenport: 'command line',
      max_session: 'environment',
      host: 'settings.json',
      tts: 'default',
    });
  });

  it('reads the types of the environment', () => {
    const { settings } = run([], {
      HERALD_NO_AUTH: '1',
      HERALD_REQUIRE_TOKEN: 'off',
      HERALD_ALLOWED_HOSTS: 'a.example, b.example,',
      HERALD_REF_TEXT: '你好',
    });
    expect(settings).toMatchObject({
      no_auth: true,
      require_token: false,
      allowed_hosts: ['a.example', 'b.example'],
      REF_TEXT: '你好',
    });
  });

  it("takes the field's key names, its own first", () => {
    const { settings } = run([], { OPENAI_API_KEY: 'o', DASHSCOPE_API_KEY: 'd' });
    expect(settings).toMatchObject({ openai_api_key: 'o', dashscope_api_key: 'd' });
    expect(run([], { OPENAI_API_KEY: 'o', HERALD_OPENAI_API_KEY: 'h' }).settings.openai_api_key).toBe('h');
  });

  it('ignores empty variables and null in the file', () => {
    expect(run([], { HERALD_LISTENPORT: '' }, { avatar_id: null }).settings.listenport).toBe(8010);
  });

  it('reads settings.json of --data, before that of the environment', () => {
    const other = mkdtempSync(join(tmpdir(), 'herald-other-'));
    try {
      writeFileSync(join(other, 'settings.json'), '{"tts":"edgetts"}');
      const { settings, dataDir: used } = run(['--data', other], { HERALD_DATA: '/nowhere' });
      expect([settings.tts, settings.data, used]).toEqual(['edgetts', other, other]);
    } finally {
      rmSync(other, { recursive: true });
    }
  });

  it('resolves folders against where they were said', () => {
    const { settings } = run(['--avatars', 'av'], {}, { models: 'mo' });
    expect([settings.avatars, settings.models]).toEqual([resolve('/work', 'av'), join(dataDir, 'mo')]);
  });
});

describe('problems', () => {
  it('come out all at once, with where they are', () => {
    const found = problems(
      ['--listenport', '99999', '--nope'],
      { HERALD_RATE_LIMIT: 'fast', HERALD_NO_AUTH: 'perhaps' },
      { max_session: '2', log_level: 'loud' },
    );
    expect(found).toEqual([
      expect.stringContaining('unknown flag --nope'),
      expect.stringMatching(/^HERALD_NO_AUTH=perhaps: must be true or false/),
      expect.stringMatching(/^HERALD_RATE_LIMIT=fast: must be a number \(requests\/s per address, default 100\)$/),
      expect.stringMatching(/^settings\.json: max_session: must be a number/),
      expect.stringMatching(/^settings\.json: log_level: must be one of trace, debug/),
      expect.stringMatching(/^--listenport 99999: must be at most 65535 \(port, default 8010\)$/),
    ]);
  });

  it.each([
    [['--avatar_id', '../x'], 'not an avatar name'],
    [['--max_session', '0'], 'must be at least 1'],
    [['--max_session', '1.5'], 'must be a whole number'],
    [['--push_url', 'file:///x'], 'must be a URL such as rtmp://host/live/key'],
    [['--TTS_SERVER', 'localhost:9880'], 'must be a URL such as http://127.0.0.1:9880'],
    [['--stun', 'host'], 'must be like stun:host:3478'],
    [['--allowed_hosts', 'http://x'], 'without http://'],
    [['--transport', 'udp'], 'must be one of webrtc, rtmp, rtcpush'],
    [['--transport', 'rtmp'], '--transport rtmp needs --push_url rtmp://host/app/key'],
    [['--transport=rtmp', '--push_url', 'http://h/whip'], 'needs --push_url rtmp://'],
    [['--transport=rtcpush', '--push_url', 'rtmp://h/live/k'], 'needs --push_url http(s)://'],
    [['--host='], 'must not be empty'],
  ])('%j', (argv, expected) => expect(problems(argv)).toEqual([expect.stringContaining(expected)]));

  it('never show a secret', () => {
    const found = problems(['--token', 'a b'], { HERALD_PUSH_URL: 'ftp://secret' });
    expect(found).toHaveLength(2);
    expect(found.join()).not.toMatch(/secret|a b/);
  });

  it.each(['{', '[]', '"x"'])('a settings.json of %j says what to do', (content) => {
    expect(problems([], {}, content)).toEqual([expect.stringMatching(/settings\.json cannot be read .* delete it/)]);
  });
});

it('warns about what is probably a mistake', () => {
  const env = { HERALD_LISTENPROT: '1', HERALD_SOMETHING_ELSE_ENTIRELY: '1' };
  const { warnings } = run(['--fps', '50', '--no_auth'], env, { max_sesion: 1, data: '/x' });
  expect(warnings).toEqual([
    expect.stringContaining('--fps'),
    expect.stringContaining('did you mean "max_session"?'),
    expect.stringContaining('"data" ignored'),
    expect.stringContaining('HERALD_LISTENPROT is not a setting; did you mean HERALD_LISTENPORT?'),
    expect.stringContaining('--no_auth'),
  ]);
});

it('prints help and version, whatever else is wrong', () => {
  expect(load(['--nope', '--help'])).toEqual({ kind: 'print', text: expect.stringContaining('--listenport <port>') });
  expect(load(['--version'])).toEqual({ kind: 'print', text: 'Herald 1.2.3\n' });
});

describe('files', () => {
  it('saves changes and keeps the rest', async () => {
    writeFileSync(join(dataDir, 'settings.json'), '{"tts":"edgetts","future":1,"listenport":1}');
    await saveSettings(dataDir, { max_session: 3, listenport: undefined, data: '/x' });
    expect(JSON.parse(readFileSync(join(dataDir, 'settings.json'), 'utf8'))).toEqual({
      tts: 'edgetts',
      future: 1,
      max_session: 3,
    });
    expect(readdirSync(dataDir)).toEqual(['settings.json']);
  });

  it('makes a token once, for its owner only', () => {
    const token = loadOrCreateToken(dataDir);
    expect(token).toMatch(/^[\w-]{24}$/);
    expect(loadOrCreateToken(dataDir)).toBe(token);
    if (process.platform !== 'win32') expect(statSync(join(dataDir, 'token')).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['linux', {}, '/home/a/.config/herald'],
    ['linux', { XDG_CONFIG_HOME: '/x' }, '/x/herald'],
    ['linux', { XDG_CONFIG_HOME: 'relative' }, '/home/a/.config/herald'],
    ['darwin', {}, '/home/a/Library/Application Support/herald'],
    ['win32', { APPDATA: '/roaming' }, '/roaming/herald'],
  ] as const)('lie on %s %j in %s', (platform, env, expected) => {
    expect(defaultDataDir({ platform, env, homeDir: '/home/a' })).toBe(expected);
  });
});
