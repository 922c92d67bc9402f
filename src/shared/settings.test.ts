import { expect, it } from 'vitest';
import {
  defaultSettings,
  envNameOf,
  isPushMode,
  publicSettings,
  settingInfo,
  settingKind,
  settingNames,
} from './settings';

it('has help for every setting, and one environment name each', () => {
  for (const name of settingNames) expect(settingInfo(name).help.length, name).toBeGreaterThan(5);
  expect(new Set(settingNames.map((name) => settingInfo(name).help)).size).toBe(settingNames.length);
  expect(new Set(settingNames.map(envNameOf)).size).toBe(settingNames.length);
});

it("keeps the field's names and defaults", () => {
  expect(defaultSettings()).toMatchObject({
    listenport: 8010,
    host: '0.0.0.0',
    transport: 'webrtc',
    max_session: 1,
    max_upload_mb: 100,
    llm_preset: 'dashscope',
  });
});

it('knows the form of each setting', () => {
  expect(['listenport', 'no_auth', 'stun', 'host', 'push_url'].map((name) => settingKind(name as 'host'))).toEqual([
    'number',
    'boolean',
    'list',
    'text',
    'text',
  ]);
});

it('never shows a secret', () => {
  const shown = publicSettings({
    ...defaultSettings(),
    token: 'tttttttt',
    llm_api_key: 'kkkk',
    push_url: 'rtmp://h/live/key',
  });
  expect(shown).toMatchObject({
    token: '(set)',
    llm_api_key: '(set)',
    push_url: '(set)',
    turn_password: '(not set)',
    REF_FILE: null,
  });
  expect(JSON.stringify(shown)).not.toMatch(/tttt|kkkk|rtmp:/);
});

it('knows the push modes', () => {
  expect(['webrtc', 'rtmp', 'rtcpush'].map((transport) => isPushMode({ transport: transport as 'rtmp' }))).toEqual([
    false,
    true,
    true,
  ]);
});
