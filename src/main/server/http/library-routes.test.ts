import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileServer } from '../../../../testing/file-server';
import { ScriptedVoice } from '../../../../testing/scripted-voice';
import { catalogueReply, catalogueVoiceReply, mouthModelsReply } from '../../../shared/library-protocol';
import { defaultSettings } from '../../../shared/settings';
import { AvatarLibrary } from '../avatar/library';
import { AvatarRemoval } from '../avatar/removal';
import { appRoot } from '../entries';
import { openImports } from '../imports/open';
import { createLogger } from '../log';
import { MouthLibrary } from '../mouth/library';
import { openCatalogue } from '../tts/local/open-catalogue';
import { realTimers } from '../tts/timers';
import { FakeSessions } from './fake-sessions';
import { createHttpServer } from './server';

const dataDir = mkdtempSync(join(tmpdir(), 'herald-library-'));
const mirror = new FileServer();
const voice = new ScriptedVoice(
  'one',
  realTimers,
  [{ tone: 100 }],
  [{ tone: 10 }, { hang: 'obedient' }],
  [{ tone: 100 }],
);
let app: FastifyInstance;
let avatars: AvatarLibrary;
let catalogue: ReturnType<typeof openCatalogue>;
let instead: { model: string; why: string; loading: boolean } | undefined;

beforeAll(async () => {
  const modelsDir = join(dataDir, 'models');
  mkdirSync(modelsDir);
  copyFileSync(join(appRoot, 'testing', 'lip-test.onnx'), join(modelsDir, 'mine.onnx'));
  const silent = { write: () => {} };
  const log = createLogger('silent', { out: silent, err: silent });
  avatars = new AvatarLibrary({ dirs: [join(dataDir, 'avatars')], cacheDir: join(dataDir, 'cache') });
  const settings = { ...defaultSettings(), rate_limit: 0, voice_mirror: await mirror.listen() };
  catalogue = openCatalogue(settings, dataDir, { onChange: () => {}, log });
  const library = new MouthLibrary({ modelsDir, serving: () => ({ kind: 'built-in' }), chosen: () => 'lip-mini' });
  const removal = new AvatarRemoval({
    avatars,
    avatarsDir: join(dataDir, 'avatars'),
    defaultAvatar: 'clara',
    neededBy: () => undefined,
  });
  app = await createHttpServer({
    settings,
    sessions: new FakeSessions(),
    health: () => ({}),
    avatars: { avatars, defaultAvatar: 'clara', removal },
    imports: openImports({ models: undefined }, dataDir, { avatars, log }),
    models: { library, mouth: { status: () => (instead ? { instead } : {}) } },
    tts: voice,
    catalogue,
    log,
    token: 'correct-horse-battery',
    rendererDir: '/nonexistent',
  });
});
afterAll(async () => {
  await app.close();
  await catalogue.downloads.close();
  await avatars.close();
  await mirror.close();
  rmSync(dataDir, { recursive: true });
});

const get = (url: string) => app.inject({ method: 'GET', url });
const remove = (url: string) => app.inject({ method: 'DELETE', url });
const post = (url: string, payload: object) => app.inject({ method: 'POST', url, payload });

it('the form of an import is in the document, as is every other route', async () => {
  const { paths } = (await get('/openapi.json')).json();
  const { schema } = paths['/api/imports'].post.requestBody.content['multipart/form-data'];
  expect(schema.properties.kind).toMatchObject({ enum: ['avatar', 'weights'] });
  expect(schema.properties.files).toMatchObject({ type: 'string', format: 'binary' });
  expect(schema.required).toEqual(['kind', 'files']);
  const known = Object.keys(paths).filter((path) => /imports|models|avatars|voices/.test(path));
  expect(known.filter((path) => !path.startsWith('/api/llm')).sort()).toEqual([
    '/api/avatars',
    '/api/avatars/{id}',
    '/api/avatars/{id}/thumbnail',
    '/api/imports',
    '/api/imports/{id}',
    '/api/models',
    '/api/models/{id}',
    '/api/voices',
    '/api/voices/catalogue',
    '/api/voices/catalogue/{name}',
    '/api/voices/preview',
  ]);
});

describe('mouth models', () => {
  it('are listed, with the one that was asked for in vain, and deleted by their ids', async () => {
    instead = { model: 'broken', why: 'it is no model', loading: false };
    const { data } = mouthModelsReply.parse((await get('/api/models')).json());
    expect(data.models.map(({ id, inUse }) => [id, inUse])).toEqual([
      ['lip-mini', true],
      ['mine', false],
    ]);
    expect(data.instead).toEqual(instead);
    const kept = await remove('/api/models/lip-mini');
    expect([kept.statusCode, kept.json()]).toEqual([200, { code: -1, msg: expect.stringContaining('part of Herald') }]);
    expect((await remove('/api/models/mine')).json()).toEqual({ code: 0, msg: 'ok' });
    expect((await remove('/api/models/mine')).statusCode).toBe(404);
    expect((await remove('/api/models/..%2F..%2Ftoken')).statusCode).toBe(404);
  });
});

describe('avatars', () => {
  it('that ship stay, and others are not there', async () => {
    expect((await remove('/api/avatars/clara')).json()).toEqual({
      code: -1,
      msg: expect.stringContaining('clara stays'),
    });
    expect((await remove('/api/avatars/nobody')).statusCode).toBe(404);
    expect((await remove('/api/avatars/..%2Fclara')).statusCode).toBe(400);
  });
});

describe('the catalogue', () => {
  const NAME = 'en_US-joe-medium';
  it('is told with its host, and a download fails for people to read', async () => {
    const { data } = catalogueReply.parse((await get('/api/voices/catalogue')).json());
    expect(data.host).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(data.voices.find(({ name }) => name === NAME)).toMatchObject({ state: 'absent', language: 'en-US' });
    const started = await post(`/api/voices/catalogue/${NAME}`, { action: 'download' });
    expect(catalogueVoiceReply.parse(started.json()).data.state).toMatch(/queued|downloading|failed/);
    await expect
      .poll(async () => (await catalogue.downloads.view(NAME)).problem)
      .toMatch(/joe\/medium\/en_US-joe-medium\.onnx\.json is not there \(404\).*voice_mirror/);
    const paused = await post(`/api/voices/catalogue/${NAME}`, { action: 'pause' });
    expect(paused.json().data.state).toBe('failed');
    expect((await remove(`/api/voices/catalogue/${NAME}`)).json()).toEqual({ code: 0, msg: 'ok' });
    expect((await catalogue.downloads.view(NAME)).state).toBe('absent');
  });

  it('knows its names and actions', async () => {
    expect((await post('/api/voices/catalogue/nobody', { action: 'download' })).statusCode).toBe(404);
    expect((await post(`/api/voices/catalogue/${NAME}`, { action: 'explode' })).statusCode).toBe(400);
    expect((await remove('/api/voices/catalogue/..%2Fx')).statusCode).toBe(404);
  });
});

describe('a preview', () => {
  it('is heard, one at a time', async () => {
    const heard = await post('/api/voices/preview', { voice: 'anna' });
    expect([heard.statusCode, heard.headers['content-type']]).toEqual([200, 'audio/wav']);
    expect(heard.rawPayload.toString('latin1', 0, 4)).toBe('RIFF');
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const gone = new AbortController();
    const ask = (signal?: AbortSignal) =>
      fetch(`${url}/api/voices/preview`, {
        method: 'POST',
        body: JSON.stringify({ voice: 'anna', text: 'Hello' }),
        ...(signal && { signal }),
      });
    const first = ask(gone.signal).catch((error: Error) => error.name);
    await expect.poll(() => voice.speaking).toBe(1);
    const second = ask();
    gone.abort();
    expect(await first).toBe('AbortError');
    expect((await (await second).arrayBuffer()).byteLength).toBe(44 + 2 * 1_600);
    expect(voice.speaking).toBe(0);
  });

  it('needs a voice, and words that fit', async () => {
    for (const body of [{}, { voice: 'anna', text: ' ' }, { voice: 'anna', speed: 9 }]) {
      expect((await post('/api/voices/preview', body)).statusCode).toBe(400);
    }
    expect((await post('/api/voices/preview', { voice: 'anna', text: 'x'.repeat(300) })).statusCode).toBe(413);
  });
});
