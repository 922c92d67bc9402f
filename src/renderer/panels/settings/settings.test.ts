import { afterEach, beforeEach, expect, describe as group, it, vi } from 'vitest';
import { ttsNames } from '../../../main/server/tts/registry';
import { NOT_SHOWN } from '../../../shared/setting-groups';
import { defaultTextOf, settingInfo, settingNames } from '../../../shared/settings';
import type { SettingRow } from '../../../shared/settings-protocol';
import { acceleratorOf, type KeyPress, showAccelerator } from './hotkey-keys';
import { describe, findSettings, inWords } from './search';
import { SUGGESTIONS } from './setting-control';
import { SETTING_WORDS } from './setting-words';
import { changeSettings, loadSettings, useSettings } from './settings-store';

const shown = settingNames.filter((name) => !NOT_SHOWN.includes(name));
const row = (name: string, more: Partial<SettingRow> = {}): SettingRow => ({
  name,
  group: 'voice',
  kind: 'text',
  help: 'what it does',
  value: null,
  default: null,
  secret: false,
  isSet: false,
  source: 'default',
  env: `HERALD_${name.toUpperCase()}`,
  applies: 'now',
  waits: false,
  ...more,
});

group('words', () => {
  it.each(shown)('%s is called something and explained, in both languages', (name) => {
    const { help } = settingInfo(name);
    expect(help).not.toBe('');
    const words = SETTING_WORDS[name];
    expect(words, `add ${name} to setting-words.ts`).toBeDefined();
    const [label, chinese] = words!.zh;
    expect(label).not.toBe('');
    expect(chinese).toMatch(/\p{Script=Han}/u);
    expect(describe({ name, help }, 'en').label).not.toMatch(/\p{Script=Han}/u);
    expect(describe({ name, help }, 'zh')).toEqual({ label, help: chinese });
  });

  it('say units and defaults in Chinese where they are words', () => {
    const same = /^(URL|URLs|JSON|MB|Hz|kbit\/s|Mbit\/s)$/;
    const texts = shown.flatMap((name) => [settingInfo(name).unit, settingInfo(name).defaultText]);
    const untranslated = texts.filter((text) => text && !same.test(text) && inWords(text, 'zh') === text);
    expect(untranslated).toEqual([]);
    expect(inWords('minutes', 'en')).toBe('minutes');
  });

  it('belong to settings that there are', () => {
    expect(Object.keys(SETTING_WORDS).filter((name) => !(settingNames as string[]).includes(name))).toEqual([]);
    expect(defaultTextOf('tts')).toBe('auto');
  });

  it('of a setting that has none yet are its name and the server’s', () => {
    expect(describe({ name: 'brand_new', help: 'does this' }, 'zh')).toEqual({ label: 'brand_new', help: 'Does this' });
  });

  it('suggest the voice engines that there are', () => {
    expect([...SUGGESTIONS.tts!].sort()).toEqual([...ttsNames].sort());
  });
});

group('search', () => {
  const rows = shown.map((name) => row(name, { help: settingInfo(name).help }));
  const found = (query: string) => findSettings(rows, query).map(({ name }) => name);

  it('finds by flag, label, help and Chinese, in any order of words', () => {
    expect(found('--max-session')).toContain('max_session');
    expect(found('--max-session').length).toBeLessThan(4);
    expect(found('HERALD_LISTENPORT')).toEqual(['listenport']);
    expect(found('key openai')).toContain('openai_api_key');
    expect(found('语速')).toEqual(['speed']);
    expect(found('密钥').length).toBeGreaterThan(4);
    expect(found('xyzzy')).toEqual([]);
  });
});

group('changes', () => {
  const reply = (status: number, body: object) =>
    vi.stubGlobal(
      'fetch',
      vi.fn(async () => new Response(JSON.stringify(body), { status })),
    );
  beforeEach(() => useSettings.setState(useSettings.getInitialState(), true));
  afterEach(() => vi.unstubAllGlobals());

  it('that are taken are marked, and show what the server holds now', async () => {
    const settings = [row('speed', { value: 1.5 })];
    reply(200, { code: 0, data: { settings, applied: ['speed'], atNextStart: [], warnings: ['careful'] } });
    useSettings.setState({ problems: { speed: 'must be at most 2' } });
    expect(await changeSettings({ speed: 1.5 })).toBe(true);
    expect(useSettings.getState()).toMatchObject({ rows: settings, problems: {}, warnings: ['careful'] });
    expect(useSettings.getState().marks).toEqual({ speed: 'applied' });
    expect(fetch).toHaveBeenCalledWith(
      '/api/settings',
      expect.objectContaining({ method: 'PATCH', body: '{"speed":1.5}' }),
    );
  });

  it('that are refused say why at their fields', async () => {
    reply(400, { code: -1, msg: 'x', problems: [{ name: 'speed', msg: 'must be at most 2' }] });
    expect(await changeSettings({ speed: 9, pitch: 1 })).toBe(false);
    expect(useSettings.getState().problems).toEqual({ speed: 'must be at most 2' });
    expect(useSettings.getState().marks).toEqual({});
  });

  it('that nobody may make, or nobody answers, say so where they were tried', async () => {
    reply(401, { code: -1, msg: 'with the token' });
    await changeSettings({ speed: 1 });
    expect(useSettings.getState().problems).toEqual({ speed: 'with the token' });
    vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('Failed to fetch')));
    expect(await changeSettings({ speed: 1 })).toBe(false);
    expect(useSettings.getState()).toMatchObject({ problems: { speed: '' }, marks: {} });
    await loadSettings();
    expect(useSettings.getState().state).toBe('failed');
  });
});

group('keys', () => {
  const press = (code: string, held: Partial<KeyPress> = {}): KeyPress => ({
    code,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    ...held,
  });
  it.each([
    [press('KeyI', { ctrlKey: true, altKey: true, shiftKey: true }), 'CommandOrControl+Alt+Shift+I'],
    [press('KeyR', { metaKey: true }), 'CommandOrControl+R'],
    [press('Digit3', { altKey: true }), 'Alt+3'],
    [press('F9'), 'F9'],
    [press('MediaPlayPause'), 'MediaPlayPause'],
    [press('ArrowRight', { ctrlKey: true }), 'CommandOrControl+Right'],
    [press('KeyA'), 'bare'],
    [press('KeyA', { shiftKey: true }), 'bare'],
    [press('ControlLeft', { ctrlKey: true }), undefined],
    [press('ShiftLeft', { shiftKey: true }), undefined],
  ])('%j is %s', (pressed, keys) => {
    expect(acceleratorOf(pressed)).toBe(keys);
  });

  it('are shown as the system writes them', () => {
    expect(showAccelerator('CommandOrControl+Alt+Shift+I', false)).toBe('Ctrl Alt Shift I');
    expect(showAccelerator('CommandOrControl+Alt+Shift+I', true)).toBe('⌘ ⌥ ⇧ I');
  });
});
