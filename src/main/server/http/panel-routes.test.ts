import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { accessReply, logsReply, newTokenReply, serverReply, tokensReply } from '../../../shared/server-protocol';
import { defaultSettings, type Settings } from '../../../shared/settings';
import { createLogger } from '../log';
import { keepLog } from '../metrics/kept-log';
import { LogRing } from '../metrics/log-ring';
import { FakeSessions } from './fake-sessions';
import { createHttpServer } from './server';
import { TokenBook } from './token-book';

const TOKEN = 'correct-horse-battery';
const PUBLIC = '203.0.113.9';
const LAN = '192.168.1.20';

let app: FastifyInstance;
let folder: string;
let file: string;
let log: ReturnType<typeof createLogger>;

async function start(changes: Partial<Settings> = {}): Promise<void> {
  await app?.close();
  log = createLogger('info', { out: { write: () => {} }, err: { write: () => {} } });
  const recent = new LogRing();
  const settings = { ...defaultSettings(), rate_limit: 0, log_file: false, ...changes };
  keepLog(log, settings, { dataDir: folder, secrets: [TOKEN], recent });
  app = await createHttpServer({
    settings,
    sessions: new FakeSessions(),
    health: () => ({}),
    log,
    recent,
    token: new TokenBook(TOKEN, file),
    rendererDir: '/nonexistent',
  });
}
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'herald-panel-'));
  file = join(folder, 'tokens.json');
  await start();
});
afterEach(async () => {
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});

const call = (method: 'GET' | 'POST' | 'DELETE', url: string, options: InjectOptions = {}) =>
  app.inject({ method, url, ...options });
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

it('reads the log, by level, and from a cursor on', async () => {
  log.child({ scope: 'mouth' }).info('ready');
  log.warn(`the token ${TOKEN} was shown`);
  const first = logsReply.parse((await call('GET', '/api/logs?level=warn')).json()).data;
  expect(first.lines.map(({ level, msg }) => [level, msg])).toEqual([['warn', 'the token (hidden) was shown']]);
  log.error('later');
  const next = logsReply.parse((await call('GET', `/api/logs?after=${first.cursor}`)).json()).data;
  expect(next.lines.map(({ msg }) => msg)).toEqual(['later']);
  for (const query of ['level=loud', 'limit=0', 'limit=2001', 'limit=x']) {
    expect((await call('GET', `/api/logs?${query}`)).statusCode, query).toBe(400);
  }
});

it('shows log, address and tokens to those alone who may change the server', async () => {
  for (const url of ['/api/logs', '/api/admin/server', '/api/tokens']) {
    expect((await call('GET', url)).statusCode, url).toBe(200);
    expect((await call('GET', url, { remoteAddress: LAN })).statusCode, url).toBe(401);
    expect((await call('GET', url, { remoteAddress: PUBLIC, ...bearer(TOKEN) })).statusCode, url).toBe(200);
  }
  // Another program's page on this machine is served, and yet has no business with tokens.
  const elsewhere = { headers: { origin: 'http://localhost:3000', host: 'localhost:8010' } };
  expect((await call('GET', '/api/logs', elsewhere)).statusCode).toBe(200);
  for (const method of ['GET', 'POST'] as const) {
    const reply = await call(method, '/api/tokens', {
      ...elsewhere,
      ...(method === 'POST' && { payload: { name: 'x', scope: 'admin' } }),
    });
    expect([reply.statusCode, reply.body.includes(TOKEN)], method).toEqual([401, false]);
  }
});

it('tells a caller what it may do', async () => {
  const { links } = new TokenBook(TOKEN, file);
  const may = async (options: InjectOptions) =>
    accessReply.parse((await call('GET', '/api/access', options)).json()).data;
  expect(await may({})).toEqual({ scope: 'admin' });
  expect(await may({ remoteAddress: LAN })).toEqual({ scope: 'control' });
  expect(await may({ remoteAddress: PUBLIC, ...bearer(links.view) })).toEqual({ scope: 'view', token: 'link (view)' });
  expect(await may({ remoteAddress: PUBLIC, ...bearer(links.control) })).toMatchObject({ scope: 'control' });
  expect(await may({ remoteAddress: LAN, ...bearer(links.view) })).toMatchObject({ scope: 'control' });
  expect(await may({ remoteAddress: PUBLIC, ...bearer(TOKEN) })).toEqual({ scope: 'admin', token: 'admin' });
  expect((await call('GET', '/api/access', { remoteAddress: PUBLIC })).statusCode).toBe(401);
  await start({ no_auth: true });
  expect(await may({ remoteAddress: PUBLIC })).toEqual({ scope: 'admin' });
});

it('says where it is found and whom it asks for a token', async () => {
  const told = async () => serverReply.parse((await call('GET', '/api/admin/server')).json()).data;
  expect(await told()).toMatchObject({ local: 'http://127.0.0.1:8010', tls: false, asksToken: 'outside' });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as { port: number };
  expect((await told()).port).toBe(port);
  await start({ host: '127.0.0.1', require_token: true });
  const reply = await call('GET', '/api/admin/server', bearer(TOKEN));
  expect(serverReply.parse(reply.json()).data).toMatchObject({ lan: [], asksToken: 'everyone' });
});

it('makes a token that opens what its scope says, at once, and revokes it', async () => {
  const made = await call('POST', '/api/tokens', { payload: { name: 'front desk', scope: 'control' } });
  const { token } = newTokenReply.parse(made.json()).data;
  const from = { remoteAddress: PUBLIC, ...bearer(token) };
  expect((await call('GET', '/api/health', from)).statusCode).toBe(200);
  expect((await call('GET', '/api/logs', from)).statusCode).toBe(403);
  const { tokens } = tokensReply.parse((await call('GET', '/api/tokens')).json()).data;
  expect(tokens).toEqual([{ name: 'front desk', scope: 'control', lastUsedAt: expect.any(String) }]);
  // Only its hash is written down, for the owner's eyes.
  expect(readFileSync(file, 'utf8')).not.toContain(token);
  expect(new TokenBook(TOKEN, file).holderOf([token])).toEqual({ name: 'front desk', scope: 'control' });
  expect((await call('GET', '/api/logs')).body).not.toContain(token);

  const again = await call('POST', '/api/tokens', { payload: { name: 'Front Desk', scope: 'view' } });
  expect(again.json()).toMatchObject({ code: -1, msg: expect.stringContaining('choose another name') });
  for (const payload of [{ name: 'a/b', scope: 'view' }, { name: 'x', scope: 'all' }, {}]) {
    expect((await call('POST', '/api/tokens', { payload })).statusCode).toBe(400);
  }
  expect((await call('POST', '/api/tokens', { payload: { name: 'admin', scope: 'view' } })).json().code).toBe(-1);

  expect((await call('DELETE', '/api/tokens/front%20desk')).json()).toEqual({ code: 0, msg: 'ok' });
  expect((await call('GET', '/api/health', from)).statusCode).toBe(401);
  expect((await call('DELETE', '/api/tokens/front%20desk')).json().code).toBe(-1);
});

it('keeps what was written into the file by hand meanwhile', async () => {
  const sha256 = 'a'.repeat(64);
  writeFileSync(file, JSON.stringify([{ name: 'by hand', scope: 'view', sha256 }]));
  await call('POST', '/api/tokens', { payload: { name: '前台 1', scope: 'admin' } });
  const names = tokensReply.parse((await call('GET', '/api/tokens')).json()).data.tokens.map(({ name }) => name);
  expect(names).toEqual(['前台 1', 'by hand']);
});

it('keeps all of several that are made at once', async () => {
  const names = ['a', 'b', 'c', 'd'];
  const made = await Promise.all(
    names.map((name) => call('POST', '/api/tokens', { payload: { name, scope: 'control' } })),
  );
  expect(made.map((reply) => reply.json().code)).toEqual([0, 0, 0, 0]);
  expect(JSON.parse(readFileSync(file, 'utf8')).map(({ name }: { name: string }) => name)).toEqual(names);
  const token = made[3]!.json().data.token;
  expect(new TokenBook(TOKEN, file).holderOf([token])).toEqual({ name: 'd', scope: 'control' });
});

it('says what is wrong with the file, and changes nothing', async () => {
  writeFileSync(file, '[{');
  const reply = await call('POST', '/api/tokens', { payload: { name: 'desk', scope: 'view' } });
  expect(reply.json()).toMatchObject({ code: -1, msg: expect.stringContaining('is not JSON') });
  expect(readFileSync(file, 'utf8')).toBe('[{');
  rmSync(file);
  mkdirSync(file); // a folder in its place: it can be neither read nor replaced
  const again = await call('POST', '/api/tokens', { payload: { name: 'desk', scope: 'view' } });
  expect(again.json().code).toBe(-1);
  expect(tokensReply.parse((await call('GET', '/api/tokens')).json()).data.tokens).toEqual([]);
});

it("gives links tokens of their own, which end with the server's", () => {
  const [one, other] = [new TokenBook('first-token', file), new TokenBook('other-token', file)];
  expect(one.holderOf([one.links.control])).toEqual({ name: 'link (control)', scope: 'control' });
  expect(new Set(Object.values(one.links)).size).toBe(3);
  expect(other.holderOf(Object.values(one.links))).toBeUndefined();
  expect(new TokenBook('first-token', file).links).toEqual(one.links);
});
