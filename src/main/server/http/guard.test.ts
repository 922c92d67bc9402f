import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Access, accessOf } from './access';
import { classifyAddress, limitKey } from './address';
import { decide, type GuardPolicy, type GuardRequest, isSameOrigin } from './guard';
import { Tokens } from './tokens';

const TOKEN = 'correct-horse';
const policy = (changes: Partial<GuardPolicy> = {}): GuardPolicy => ({
  tokens: new Tokens(TOKEN),
  requireToken: false,
  noAuth: false,
  allowedHosts: [],
  ownNames: ['studio-pc'],
  trustProxy: false,
  ...changes,
});

const LOOPBACK = '127.0.0.1';
const LAN = '192.168.1.20';
const PUBLIC = '203.0.113.9';

const request = (changes: Partial<GuardRequest> = {}): GuardRequest => ({
  method: 'POST',
  host: 'localhost:8010',
  origin: undefined,
  forwarded: { present: false },
  remoteAddress: LOOPBACK,
  authorization: undefined,
  queryToken: undefined,
  publicRoute: false,
  access: accessOf('POST', '/human'),
  ...changes,
});

const xff = (xForwardedFor: string) => ({ present: true, xForwardedFor });
const outcome = (r: Partial<GuardRequest>, p: Partial<GuardPolicy> = {}) => {
  const decision = decide(request(r), policy(p));
  return decision.allow ? 'allow' : decision.status;
};

type Row = [what: string, request: Partial<GuardRequest>, policy: Partial<GuardPolicy>, outcome: 'allow' | 401 | 403];

describe('who is served', () => {
  it.each<Row>([
    ['loopback', {}, {}, 'allow'],
    ['loopback, all of 127/8', { remoteAddress: '127.8.9.1' }, {}, 'allow'],
    ['loopback, IPv6', { remoteAddress: '::1' }, {}, 'allow'],
    ['loopback, IPv4-mapped', { remoteAddress: '::ffff:127.0.0.1' }, {}, 'allow'],
    ['loopback, IPv4-mapped in hex', { remoteAddress: '::ffff:7f00:1' }, {}, 'allow'],
    ['a page of localhost', { origin: 'http://localhost:3000' }, {}, 'allow'],
    ['a page of 127.0.0.1, other port', { origin: 'http://127.0.0.1:5173' }, {}, 'allow'],
    ['a page of [::1]', { origin: 'https://[::1]:8443' }, {}, 'allow'],
    ['a page of app.localhost', { origin: 'http://app.localhost' }, {}, 'allow'],
    ['a loopback page on a LAN machine', { origin: 'http://localhost:3000', remoteAddress: LAN }, {}, 'allow'],
    ['a foreign page in the local browser', { origin: 'https://evil.example' }, {}, 401],
    ['a page that only looks local', { origin: 'http://localhost.evil.example' }, {}, 401],
    ['a page with credentials in its origin', { origin: 'http://localhost@evil.example' }, {}, 401],
    ['a sandboxed page or a file', { origin: 'null' }, {}, 401],
    ['an extension', { origin: 'chrome-extension://localhost' }, {}, 401],
    ['an empty origin', { origin: '' }, {}, 401],
    ['LAN 192.168/16', { remoteAddress: LAN }, {}, 'allow'],
    ['LAN 10/8', { remoteAddress: '10.1.2.3' }, {}, 'allow'],
    ['LAN 172.16/12', { remoteAddress: '172.31.255.1' }, {}, 'allow'],
    ['LAN, IPv4-mapped', { remoteAddress: '::ffff:192.168.1.20' }, {}, 'allow'],
    ['link-local with a zone', { remoteAddress: 'fe80::1%eth0' }, {}, 'allow'],
    ['unique local IPv6', { remoteAddress: 'fd00::5' }, {}, 'allow'],
    ['LAN with a page', { remoteAddress: LAN, origin: 'http://192.168.1.5:8010' }, {}, 401],
    ['just outside 172.16/12', { remoteAddress: '172.32.0.1' }, {}, 401],
    ['carrier-grade NAT', { remoteAddress: '100.64.0.1' }, {}, 401],
    ['a public address', { remoteAddress: PUBLIC }, {}, 401],
    ['a public address, IPv4-mapped', { remoteAddress: '::ffff:203.0.113.9' }, {}, 401],
    ['a public IPv6 address', { remoteAddress: '2001:db8::1' }, {}, 401],
    ['a public address that claims a loopback page', { remoteAddress: PUBLIC, origin: 'http://localhost' }, {}, 401],
    ['no address at all', { remoteAddress: undefined }, {}, 401],
  ])('%s', (_what, r, p, expected) => expect(outcome(r, p)).toBe(expected));
});

describe('the token', () => {
  const bearer = { authorization: `Bearer ${TOKEN}` };
  it.each<Row>([
    ['public with the header', { remoteAddress: PUBLIC, ...bearer }, {}, 'allow'],
    ['public with ?token=', { remoteAddress: PUBLIC, queryToken: TOKEN }, {}, 'allow'],
    ['the scheme in lower case', { remoteAddress: PUBLIC, authorization: `bearer ${TOKEN}` }, {}, 'allow'],
    ['a foreign page with it', { origin: 'https://kiosk.example', ...bearer }, {}, 'allow'],
    ['a wrong one', { remoteAddress: PUBLIC, authorization: 'Bearer correct-horsf' }, {}, 401],
    ['a prefix of it', { remoteAddress: PUBLIC, queryToken: 'correct' }, {}, 401],
    ['an empty one', { remoteAddress: PUBLIC, queryToken: '' }, {}, 401],
    ['an empty one where none is set', { remoteAddress: PUBLIC, queryToken: '' }, { tokens: new Tokens('') }, 401],
    ['another scheme', { remoteAddress: PUBLIC, authorization: `Basic ${TOKEN}` }, {}, 401],
    [
      'a wrong header beside a right query',
      { remoteAddress: PUBLIC, authorization: 'Bearer x', queryToken: TOKEN },
      {},
      'allow',
    ],
    ['a wrong one where none is needed', { queryToken: 'wrong' }, {}, 'allow'],
    ['--require_token, loopback', {}, { requireToken: true }, 401],
    ['--require_token, LAN', { remoteAddress: LAN }, { requireToken: true }, 401],
    ['--require_token with it', bearer, { requireToken: true }, 'allow'],
    ['--require_token, the page itself', { publicRoute: true }, { requireToken: true }, 'allow'],
    ['a preflight', { method: 'OPTIONS', origin: 'https://kiosk.example', remoteAddress: PUBLIC }, {}, 'allow'],
    ['the page from outside', { publicRoute: true, remoteAddress: PUBLIC }, {}, 'allow'],
    [
      '--no_auth, anybody',
      { remoteAddress: PUBLIC, origin: 'https://evil.example', host: 'x.example' },
      { noAuth: true },
      'allow',
    ],
  ])('%s', (_what, r, p, expected) => expect(outcome(r, p)).toBe(expected));
});

describe('scopes', () => {
  const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');
  const tokens = new Tokens(TOKEN, [
    { name: 'lobby', scope: 'view', sha256: hashOf('token-of-the-lobby') },
    { name: 'desk', scope: 'control', sha256: hashOf('token-of-the-desk').toUpperCase() },
  ]);
  const route = (method: string, url: string): { access: Access } => ({ access: accessOf(method, url) });
  const health = route('GET', '/api/health');
  const settings = route('PATCH', '/api/settings');
  const metrics = route('GET', '/metrics');
  const from = (remoteAddress: string, queryToken?: string) => ({ remoteAddress, queryToken });
  it.each<Row>([
    ['view looks', { ...from(PUBLIC, 'token-of-the-lobby'), ...health }, { tokens }, 'allow'],
    ['view watches', { ...from(PUBLIC, 'token-of-the-lobby'), ...route('POST', '/offer') }, { tokens }, 'allow'],
    ['view does not control', from(PUBLIC, 'token-of-the-lobby'), { tokens }, 403],
    ['control controls', from(PUBLIC, 'token-of-the-desk'), { tokens }, 'allow'],
    ['control looks', { ...from(PUBLIC, 'token-of-the-desk'), ...health }, { tokens }, 'allow'],
    ['control does not administer', { ...from(PUBLIC, 'token-of-the-desk'), ...settings }, { tokens }, 403],
    ['admin administers', { ...from(PUBLIC, TOKEN), ...settings }, { tokens }, 'allow'],
    ['this machine administers', settings, { tokens }, 'allow'],
    ['the LAN does not, without a token', { ...from(LAN), ...settings }, { tokens }, 401],
    ['the LAN does, with it', { ...from(LAN, TOKEN), ...settings }, { tokens }, 'allow'],
    ['a token takes nothing away from who needs none', from(LAN, 'token-of-the-lobby'), { tokens }, 'allow'],
    [
      'but with --require_token it is all there is',
      from(LAN, 'token-of-the-lobby'),
      { tokens, requireToken: true },
      403,
    ],
    ['metrics are not for the whole LAN', { ...from(LAN), ...metrics }, { tokens }, 401],
    ['metrics for who may view', { ...from(LAN, 'token-of-the-lobby'), ...metrics }, { tokens }, 'allow'],
    ['metrics on this machine', metrics, { tokens }, 'allow'],
    ['a route that no row names', { ...from(LAN), ...route('POST', '/api/new') }, { tokens }, 401],
    ['the hash itself is no token', from(PUBLIC, hashOf('token-of-the-desk')), { tokens }, 401],
  ])('%s', (_what, r, p, expected) => expect(outcome(r, p)).toBe(expected));

  it('says who called with what, and what was missing', () => {
    const decision = decide(request(from(PUBLIC, 'token-of-the-lobby')), policy({ tokens }));
    expect(decision).toMatchObject({ status: 403, caller: { class: 'public', token: 'lobby' } });
    expect((decision as { msg: string }).msg).toBe('The token "lobby" may view; this call needs one that may control');
    expect(decide(request(from(PUBLIC, 'wrong')), policy({ tokens }))).toMatchObject({ wrongToken: true });
    expect(decide(request(from(PUBLIC)), policy({ tokens }))).not.toHaveProperty('wrongToken');
  });
});

describe('the Host header', () => {
  it.each<Row>([
    ['IPv4', { host: '192.168.1.5:8010' }, {}, 'allow'],
    ['IPv4 without port', { host: '127.0.0.1' }, {}, 'allow'],
    ['IPv6', { host: '[::1]:8010' }, {}, 'allow'],
    ['localhost in capitals', { host: 'LOCALHOST:8010' }, {}, 'allow'],
    ['localhost with a dot', { host: 'localhost.' }, {}, 'allow'],
    ['below localhost', { host: 'herald.localhost:8010' }, {}, 'allow'],
    ['own name', { host: 'Studio-PC:8010' }, {}, 'allow'],
    ['own name .local', { host: 'studio-pc.local:8010' }, {}, 'allow'],
    ['own name with another domain', { host: 'studio-pc.evil.example' }, {}, 403],
    ['allowed', { host: 'avatar.example:443' }, { allowedHosts: ['Avatar.Example'] }, 'allow'],
    ['below an allowed one', { host: 'x.avatar.example' }, { allowedHosts: ['avatar.example'] }, 403],
    ['foreign', { host: 'evil.example:8010' }, {}, 403],
    ['foreign, even for the page', { host: 'evil.example', publicRoute: true }, {}, 403],
    ['foreign, even for a preflight', { host: 'evil.example', method: 'OPTIONS' }, {}, 403],
    ['foreign, even with the token', { host: 'evil.example', queryToken: TOKEN }, {}, 403],
    ['a number that browsers read as an address', { host: '0x7f.1' }, {}, 403],
    ['localhost as a prefix', { host: 'localhost.evil.example' }, {}, 403],
    ['credentials', { host: 'localhost@evil.example' }, {}, 403],
    ['none', { host: undefined }, {}, 403],
    ['empty', { host: '' }, {}, 403],
  ])('%s', (_what, r, p, expected) => expect(outcome(r, p)).toBe(expected));
});

describe('proxies', () => {
  const trust = { trustProxy: true };
  it.each<Row>([
    ['a proxy on loopback', { forwarded: xff(PUBLIC) }, {}, 401],
    ['a claim of loopback', { forwarded: xff('127.0.0.1') }, {}, 401],
    ['a claim on the LAN', { forwarded: xff('127.0.0.1'), remoteAddress: LAN }, {}, 401],
    ['headers without an address', { forwarded: { present: true } }, {}, 401],
    ['with the token', { forwarded: xff(PUBLIC), queryToken: TOKEN }, {}, 'allow'],
    ['trusted, client on the LAN', { forwarded: xff(LAN) }, trust, 'allow'],
    ['trusted, client outside', { forwarded: xff(PUBLIC) }, trust, 401],
    ['trusted, the last address counts', { forwarded: xff(`127.0.0.1, ${PUBLIC}`) }, trust, 401],
    [
      'trusted, Forwarded',
      { forwarded: { present: true, forwarded: `for=${PUBLIC}, for=${LAN};proto=http` } },
      trust,
      'allow',
    ],
    [
      'trusted, Forwarded with IPv6',
      { forwarded: { present: true, forwarded: 'for="[2001:db8::1]:4711"' } },
      trust,
      401,
    ],
    ['trusted, Forwarded hides the client', { forwarded: { present: true, forwarded: 'for=_hidden' } }, trust, 401],
    ['trusted, no address', { forwarded: { present: true } }, trust, 401],
    ['trusted, but the proxy is outside', { forwarded: xff('127.0.0.1'), remoteAddress: PUBLIC }, trust, 401],
    ['trusted, no proxy in between', {}, trust, 'allow'],
  ])('%s', (_what, r, p, expected) => expect(outcome(r, p)).toBe(expected));

  it('names the client behind a trusted proxy', () => {
    const decision = decide(request({ forwarded: xff(LAN) }), policy(trust));
    expect(decision.caller).toEqual({ address: LAN, class: 'private' });
  });
});

it('says in a refusal what to do', () => {
  const refused = decide(request({ origin: 'https://kiosk.example' }), policy());
  expect(refused).toMatchObject({ status: 401 });
  const { msg } = refused as { msg: string };
  for (const part of ['https://kiosk.example', 'Authorization: Bearer TOKEN', '?token=TOKEN', '--token']) {
    expect(msg).toContain(part);
  }
  expect(msg).not.toContain(TOKEN);
  expect(decide(request({ host: 'evil.example' }), policy())).toMatchObject({
    status: 403,
    msg: expect.stringContaining('--allowed_hosts'),
  });
});

it('tells our own page from others', () => {
  expect(isSameOrigin(undefined, 'localhost:8010')).toBe(true);
  expect(isSameOrigin('http://localhost:8010', 'localhost:8010')).toBe(true);
  expect(isSameOrigin('http://localhost:3000', 'localhost:8010')).toBe(false);
  expect(isSameOrigin('null', 'localhost:8010')).toBe(false);
});

describe('addresses', () => {
  it.each([
    ['127.0.0.1:5000', 'loopback'],
    ['[::1]:5000', 'loopback'],
    ['169.254.10.1', 'private'],
    ['not an address', 'public'],
    ['', 'public'],
  ] as const)('%s is %s', (address, expected) => expect(classifyAddress(address)).toBe(expected));

  it.each([
    ['192.168.1.5', '192.168.1.5'],
    ['::ffff:192.168.1.5', '192.168.1.5'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['', ''],
  ])('limits %s as %s', (address, key) => expect(limitKey(address)).toBe(key));
});
