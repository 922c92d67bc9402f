import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterEach, expect, it } from 'vitest';
import { TOKEN, testHttpServer } from '../../../../testing/http-server';
import type { Settings } from '../../../shared/settings';
import { createLogger } from '../log';
import { FakeSessions } from './fake-sessions';
import { readTokensFile, Tokens } from './tokens';

const PUBLIC = '203.0.113.9';
const LAN = '192.168.1.20';
const ID = 123_456;
const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');
const tokens = new Tokens(TOKEN, [{ name: 'lobby', scope: 'view', sha256: hashOf('token-of-the-lobby') }]);

let app: FastifyInstance;
let sessions: FakeSessions;
let logged = '';

async function start(changes: Partial<Settings> = {}): Promise<void> {
  logged = '';
  sessions = new FakeSessions();
  const sink = { write: (text: string) => void (logged += text) };
  app = await testHttpServer({
    settings: changes,
    sessions,
    log: createLogger('info', { out: sink, err: sink }),
    token: tokens,
  });
}
afterEach(() => app.close());

const call = (method: 'GET' | 'POST' | 'DELETE', url: string, options: InjectOptions = {}) =>
  app.inject({ method, url, ...options });
const offerFrom = (remoteAddress: string) =>
  call('POST', '/offer', { remoteAddress, payload: { sdp: 'v=0', type: 'offer' } });
const statuses = async (count: number, one: () => Promise<{ statusCode: number }>) => {
  const seen: number[] = [];
  for (let i = 0; i < count; i++) seen.push((await one()).statusCode);
  return seen;
};

it('bounds work that costs more, more tightly, and each kind for itself', async () => {
  await start({ rate_limit: 30 });
  expect(await statuses(5, () => offerFrom(LAN))).toEqual([200, 200, 200, 429, 429]);
  const refused = await offerFrom(LAN);
  expect(refused.json().msg).toBe('more than 3 requests of the kind "offer" within a second (--rate_limit)');
  const health = () => call('GET', '/api/health', { remoteAddress: LAN });
  expect(await statuses(5, health)).toEqual([200, 200, 200, 200, 200]);
  expect(await statuses(5, () => offerFrom('127.0.0.1'))).toEqual([200, 200, 200, 200, 200]);
});

it('stops looking at tokens after 20 wrong ones, for that address alone', async () => {
  await start({ rate_limit: 1_000 });
  const guess = (token: string, remoteAddress = PUBLIC) =>
    call('GET', '/api/health', { remoteAddress, headers: { authorization: `Bearer ${token}` } });
  const guessed = await statuses(21, () => guess('correct-horse-guess'));
  expect(guessed).toEqual([...Array<number>(20).fill(401), 429]);
  const right = await guess(TOKEN);
  expect([right.statusCode, right.json().msg]).toEqual([429, expect.stringContaining('too many wrong tokens')]);
  expect(Number(right.headers['retry-after'])).toBeGreaterThan(0);
  expect((await guess(TOKEN, '203.0.113.10')).statusCode).toBe(200);
  expect((await guess('wrong', '127.0.0.1')).statusCode).toBe(200);
});

it('holds a token to its scope on real routes', async () => {
  await start();
  const session = sessions.add(ID);
  const lobby = { remoteAddress: PUBLIC, headers: { authorization: 'Bearer token-of-the-lobby' } };
  expect((await call('GET', '/api/health', lobby)).statusCode).toBe(200);
  expect((await call('POST', '/is_speaking', { ...lobby, payload: { sessionid: ID } })).statusCode).toBe(200);
  const refused = await call('POST', '/human', { ...lobby, payload: { sessionid: ID, type: 'echo', text: 'x' } });
  expect([refused.statusCode, refused.json()]).toEqual([
    403,
    { code: -1, msg: expect.stringContaining('"lobby" may view') },
  ]);
  expect((await call('DELETE', `/api/sessions/${ID}`, lobby)).statusCode).toBe(403);
  expect(session.calls).toEqual([]);
});

it('writes control calls down, without what they say', async () => {
  await start();
  sessions.add(ID);
  await call('POST', '/human', { payload: { sessionid: String(ID), type: 'echo', text: 'my secret words' } });
  await call('POST', '/set_audiotype', { payload: { sessionid: ID, audiotype: 99 } });
  await call('DELETE', `/api/sessions/${ID}?token=${TOKEN}`, { remoteAddress: PUBLIC });
  await call('POST', '/human', { remoteAddress: PUBLIC, payload: { sessionid: 'x\nforged', text: 'more secrets' } });
  await call('GET', '/api/health');
  await call('POST', '/is_speaking', { payload: { sessionid: ID } });
  const lines = logged.split('\n').filter((line) => line.includes('audit:'));
  expect(lines.map((line) => line.replace(/^.*audit: /, ''))).toEqual([
    `POST /human from=loopback session=${ID} status=200 outcome=done`,
    `POST /set_audiotype from=loopback session=${ID} status=200 outcome=refused`,
    `DELETE /api/sessions/:sessionid from=public with=admin session=${ID} status=200 outcome=done`,
    'POST /human from=public status=401 outcome=refused',
  ]);
  expect(logged).not.toMatch(/secret|forged|correct-horse|203\.0\.113/);
});

it('sends every reply with headers that keep pages apart, and with its own time', async () => {
  await start();
  for (const [url, remoteAddress] of [
    ['/', LAN],
    ['/api/health', LAN],
    ['/api/health', PUBLIC],
    ['/nothing', LAN],
  ] as const) {
    const { headers } = await call('GET', url, { remoteAddress });
    expect(headers, url).toMatchObject({
      'content-security-policy': expect.stringContaining("frame-ancestors 'self'"),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'permissions-policy': expect.stringContaining('geolocation=()'),
      'server-timing': expect.stringMatching(/^(handler, )?total;dur=\d+\.\d$/),
    });
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).not.toHaveProperty('server');
  }
});

it('reads a tokens file, and says what is wrong with one without quoting it', async () => {
  await start();
  const dir = mkdtempSync(join(tmpdir(), 'herald-tokens-'));
  const file = join(dir, 'tokens.json');
  const problem = (content: string) => {
    writeFileSync(file, content);
    try {
      readTokensFile(file, { mustExist: true });
    } catch (error) {
      return (error as Error).message;
    }
  };
  try {
    expect(readTokensFile(file, { mustExist: false })).toEqual([]);
    expect(() => readTokensFile(file, { mustExist: true })).toThrow('cannot be read');
    const entry = { name: 'desk', scope: 'control', sha256: hashOf('token-of-the-desk') };
    expect(problem(JSON.stringify([entry]))).toBeUndefined();
    expect(new Tokens('', readTokensFile(file, { mustExist: true })).holderOf(['x', 'token-of-the-desk'])).toEqual({
      name: 'desk',
      scope: 'control',
    });
    expect(problem('[{"name": plain-secret')).toMatch(/is not JSON: it must be a list/);
    expect(problem('{}')).toMatch(/cannot be used: it: /);
    const bare = problem(JSON.stringify([{ ...entry, sha256: 'plain-secret', scope: 'root' }]));
    expect(bare).toMatch(/0\.scope: must be one of view, control, admin; 0\.sha256: must be the SHA-256/);
    expect(bare).not.toContain('plain-secret');
  } finally {
    rmSync(dir, { recursive: true });
  }
});
