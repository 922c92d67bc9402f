import { homedir } from 'node:os';
import { expect, it } from 'vitest';
import { defaultSettings, type Settings, settingInfo, settingNames } from '../../../shared/settings';
import { alsoTo, createLogger } from '../log';
import { diagnosticsOf, scrubber, secretsOf } from './diagnostics';
import { LogRing } from './log-ring';

const quiet = { out: { write: () => {} }, err: { write: () => {} } };

/** Every secret set, to something that must be nowhere. */
function withSecrets(): Settings {
  const secret = settingNames.filter((name) => settingInfo(name).secret);
  const made = Object.fromEntries(secret.map((name) => [name, `qq"\\-${name}`]));
  return { ...defaultSettings(), ...made, llm_base_url: 'http://someone:hunter22@llm.example/v1' };
}

it('holds what helps, and no secret of the settings, of the log or of health', () => {
  const settings = withSecrets();
  expect(secretsOf(settings).length).toBeGreaterThan(10);
  const recent = new LogRing();
  const log = createLogger('info', quiet);
  alsoTo(log, recent);
  log.info(`token for callers from outside: first-start-token`);
  log.warn({ url: `rtmp://a/${settings.push_url}` }, `the key ${settings.llm_api_key} was refused, see ${homedir()}/x`);
  const bundle = diagnosticsOf({
    settings,
    secrets: ['first-start-token'],
    health: () => ({ status: 'ok', lastError: settings.tts_api_key }),
    recent,
  });
  expect(bundle).toMatchObject({
    versions: { node: process.versions.node },
    settings: { llm_api_key: '(set)', listenport: 8010, llm_base_url: 'http://(hidden)@llm.example/v1' },
    health: { status: 'ok', lastError: '(hidden)' },
    log: [{ msg: 'token for callers from outside: (hidden)' }, { level: 40 }],
  });
  const text = JSON.stringify(bundle);
  for (const secret of ['qq\\"', 'first-start-token', 'hunter22', homedir()]) expect(text).not.toContain(secret);
});

it('leaves text without secrets as it is', () => {
  const json = JSON.stringify({ url: 'http://localhost:8010/x?y=1', mail: 'a@b.example' });
  expect(scrubber(['abc', ''])(json)).toBe(json);
});
