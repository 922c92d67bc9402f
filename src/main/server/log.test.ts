import { expect, it } from 'vitest';
import { settingInfo, settingNames } from '../../shared/settings';
import { createLogger } from './log';

function capture(level = 'info') {
  let out = '';
  let err = '';
  const log = createLogger(level, { out: { write: (text) => (out += text) }, err: { write: (text) => (err += text) } });
  return { log, out: () => out, err: () => err };
}

it('writes one readable line, warnings to stderr', () => {
  const { log, out, err } = capture();
  log.child({ scope: 'http' }).info({ port: 8010, peer: 'a' }, 'listening');
  log.debug('not at this level');
  log.warn('careful');
  expect(out()).toMatch(/^\d\d:\d\d:\d\d\.\d{3} info {2}http: listening port=8010 peer=a\n$/);
  expect(err()).toMatch(/ warn {2}careful\n$/);
});

it('keeps errors on one line, with their stack', () => {
  const { log, err } = capture();
  log.error({ err: new Error('broke\nhere') }, 'failed');
  expect(err().trimEnd().split('\n')).toHaveLength(1);
  expect(err()).toMatch(/failed \| Error: broke \| here \| at /);
});

it('lets no caller forge lines or colours', () => {
  const { log, out } = capture();
  log.info({ text: 'a\r\n12:00 info forged \u001b[31m' }, 'said');
  for (const character of ['\n', '\r', '\u001b']) expect(out().trimEnd()).not.toContain(character);
});

it('hides every setting that is a secret', () => {
  const secrets = settingNames.filter((name) => settingInfo(name).secret);
  expect(secrets).toContain('tencent_secret_key');
  const { log, out } = capture();
  log.info({ settings: Object.fromEntries(secrets.map((name) => [name, `sss-${name}`])) }, 'started');
  expect(out()).not.toContain('sss-');
});

it('hides secrets', () => {
  const { log, out } = capture();
  log.info(
    { token: 'sss1', settings: { llm_api_key: 'sss2', deep: { password: 'sss3' } } },
    'Bearer sss4 /x?token=sss5&a=1',
  );
  expect(out()).not.toContain('sss');
  expect(out()).toContain('token=(hidden)');
});
