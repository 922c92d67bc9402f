import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { defaultSettings } from '../../../shared/settings';
import { settingsPatchReply, settingsRefusal, settingsReply } from '../../../shared/settings-protocol';
import { LiveSettings } from '../config/live';
import { createLogger } from '../log';
import { replyWithError } from './failures';
import type { Caller } from './guard';
import { settingsRoutes } from './settings-routes';

let dataDir: string;
let live: LiveSettings;
let app: FastifyInstance;
let caller: Caller;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'herald-routes-'));
  live = new LiveSettings({ settings: { ...defaultSettings(), data: dataDir, openai_api_key: 'sk-1' }, dataDir });
  caller = { address: '127.0.0.1', class: 'loopback' };
  const silent = { write: () => {} };
  app = Fastify();
  app.setErrorHandler((error, request, reply) =>
    replyWithError(error, request, reply, createLogger('silent', { out: silent, err: silent })),
  );
  app.setValidatorCompiler(() => (value) => ({ value }));
  app.setSerializerCompiler(() => JSON.stringify);
  app.decorateRequest('caller');
  // Stands in for the guard, whose own tests say who gets this far.
  app.addHook('onRequest', async (request) => void (request.caller = caller));
  settingsRoutes(app, live);
});
afterEach(async () => {
  await app.close();
  rmSync(dataDir, { recursive: true });
});

const get = () => app.inject({ method: 'GET', url: '/api/settings' });
const patch = (payload: object, headers: Record<string, string> = {}) =>
  app.inject({ method: 'PATCH', url: '/api/settings', payload, headers: { host: '127.0.0.1:8010', ...headers } });

it('shows every setting, and no secret', async () => {
  const reply = await get();
  const { settings } = settingsReply.parse(reply.json()).data;
  expect(settings.find(({ name }) => name === 'speed')).toMatchObject({ value: 1, kind: 'number', applies: 'now' });
  expect(settings.find(({ name }) => name === 'openai_api_key')).toMatchObject({ isSet: true, value: null });
  expect(reply.body).not.toContain('sk-1');
});

it('changes what it can at once, keeps it, and says what waits', async () => {
  const reply = await patch({ speed: 1.5, listenport: 9_000, llm_api_key: 'sk-2' });
  const { data } = settingsPatchReply.parse(reply.json());
  expect(data).toMatchObject({ applied: ['speed', 'llm_api_key'], atNextStart: ['listenport'] });
  expect(data.settings.find(({ name }) => name === 'listenport')).toMatchObject({ value: 9_000, waits: true });
  expect(live.current.speed).toBe(1.5);
  expect(reply.body).not.toContain('sk-2');
  expect(JSON.parse(readFileSync(join(dataDir, 'settings.json'), 'utf8'))).toMatchObject({
    speed: 1.5,
    listenport: 9_000,
  });
});

it('refuses all of a change of which one value is wrong, and says so for each field', async () => {
  const reply = await patch({ speed: 9, max_session: 0, pitch: 1 });
  expect(reply.statusCode).toBe(400);
  expect(settingsRefusal.parse(reply.json()).problems?.map(({ name }) => name)).toEqual(['speed', 'max_session']);
  expect(live.current).toMatchObject({ speed: 1, pitch: 0 });
});

it.each([
  ['a program on this machine', { class: 'loopback' }, {}, 200],
  ['our own page', { class: 'loopback' }, { origin: 'http://127.0.0.1:8010' }, 200],
  ['the page of another program on this machine', { class: 'loopback' }, { origin: 'http://127.0.0.1:3000' }, 401],
  ['a caller of the LAN', { class: 'private' }, {}, 401],
  ['the holder of a token, from anywhere', { class: 'public', token: 'owner' }, { origin: 'https://a.example' }, 200],
] as const)('serves a change to %s or not', async (_who, is, headers, status) => {
  caller = { address: '192.0.2.1', ...is };
  expect((await patch({ speed: 1.25 }, headers)).statusCode).toBe(status);
  expect(live.current.speed).toBe(status === 200 ? 1.25 : 1);
});
