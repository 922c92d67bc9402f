import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { testHttpServer } from '../../../../testing/http-server';
import { writeLiveTalkingFolder } from '../../../../testing/livetalking-folder';
import { avatarsReply, sessionReply } from '../../../shared/protocol';
import { Actions } from '../avatar/actions';
import { AvatarLibrary } from '../avatar/library';
import { PerformanceStills } from '../avatar/performance-still';
import { appRoot } from '../entries';
import { FakeSession, FakeSessions } from './fake-sessions';

let dir: string;
let app: FastifyInstance;
let sessions: FakeSessions;
let library: AvatarLibrary;
let actions: Actions;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'herald-avatars-'));
  sessions = new FakeSessions();
  library = new AvatarLibrary({ dirs: [dir], cacheDir: join(dir, 'cache') });
  const wave = { audiotype: 4, video: join(appRoot, 'resources', 'presenters', 'clara', 'idle.mp4'), name: 'Wave' };
  writeFileSync(join(dir, 'actions.json'), JSON.stringify([wave]));
  actions = await Actions.open({
    configFile: join(dir, 'actions.json'),
    actionsDir: join(dir, 'actions'),
    cacheDir: join(dir, 'cache'),
  });
  app = await testHttpServer({
    sessions,
    avatars: { avatars: library, defaultAvatar: 'clara', stills: new PerformanceStills(library, actions) },
  });
});
afterEach(async () => {
  await app.close();
  await actions.close();
  await library.close();
  rmSync(dir, { recursive: true, force: true });
});

const get = (url: string) => app.inject({ method: 'GET', url });

it('lists who can appear, who cannot and why, and who appears by default, without paths of their files', async () => {
  mkdirSync(join(dir, 'broken'));
  writeFileSync(join(dir, 'broken', 'presenter.json'), '{"format":');
  const reply = await get('/api/avatars');
  const { data } = avatarsReply.parse(reply.json());
  expect(data.default).toBe('clara');
  expect(data.avatars).toEqual(
    ['clara', 'leo', 'maya'].map((id) =>
      expect.objectContaining({ id, kind: 'presenter', thumbnail: true, matte: true, name: expect.anything() }),
    ),
  );
  expect(data.problems).toEqual([{ id: 'broken', message: expect.stringMatching(/not JSON.*Restore/) }]);
  expect(JSON.stringify(reply.json().data.avatars)).not.toContain('idle');
});

it('shows portraits, and none of avatars that have none or do not exist', async () => {
  const portrait = await get('/api/avatars/clara/thumbnail');
  expect(portrait.headers['content-type']).toBe('image/jpeg');
  expect(portrait.rawPayload.subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
  expect((await get('/api/avatars/nobody/thumbnail')).statusCode).toBe(404);
  expect((await get('/api/avatars/..%2Fclara/thumbnail')).statusCode).toBe(400);
});

it('shows the first picture of an imported folder, and the new one where another has taken its name', async () => {
  const folder = { pictures: 2, widthPx: 64, heightPx: 96 };
  await writeLiveTalkingFolder(join(dir, 'anna'), folder);
  const { data } = avatarsReply.parse((await get('/api/avatars')).json());
  expect(data.avatars.find(({ id }) => id === 'anna')).toMatchObject({
    thumbnail: true,
    matte: false,
    removable: false,
  });
  const portrait = await get('/api/avatars/anna/thumbnail');
  expect(portrait.headers).toMatchObject({ 'content-type': 'image/jpeg', 'cache-control': 'private, no-cache' });
  expect((await get('/api/avatars/anna/thumbnail')).rawPayload).toEqual(portrait.rawPayload);
  rmSync(join(dir, 'anna'), { recursive: true });
  await writeLiveTalkingFolder(join(dir, 'anna'), { ...folder, draw: () => new Uint8Array(64 * 96 * 3) });
  expect((await get('/api/avatars/anna/thumbnail')).rawPayload).not.toEqual(portrait.rawPayload);
});

it('sends no file outside a presenter that names one', async () => {
  const source = join(appRoot, 'resources', 'presenters', 'clara');
  const target = join(dir, 'mallory');
  cpSync(source, target, { recursive: true });
  const bundle = JSON.parse(readFileSync(join(source, 'presenter.json'), 'utf8'));
  const name = (thumbnail: string) =>
    writeFileSync(join(target, 'presenter.json'), JSON.stringify({ ...bundle, id: 'mallory', thumbnail }));
  name('thumbnail.jpg');
  expect((await get('/api/avatars/mallory/thumbnail')).statusCode).toBe(200);
  name('../../token');
  expect((await get('/api/avatars/mallory/thumbnail')).statusCode).toBe(404);
});

it('tells a session with its performances', async () => {
  sessions.add(123_456);
  expect(sessionReply.parse((await get('/api/sessions/123456')).json()).data).toMatchObject({
    sessionid: 123_456,
    performances: [],
  });
  const performances = [{ audiotype: 2, name: 'wave', durationMs: 4_000 }];
  sessions.sessions.set(234_567, Object.assign(new FakeSession(234_567), { performances: () => performances }));
  expect(sessionReply.parse((await get('/api/sessions/234567')).json()).data.performances).toEqual(performances);
  expect((await get('/api/sessions/999999')).json()).toMatchObject({
    code: -1,
    msg: expect.stringContaining('not found'),
  });
});

it('shows the first picture of a performance, in the shape of its avatar, and makes it once', async () => {
  const still = await get('/api/performances/4/thumbnail?avatar=clara');
  expect(still.headers['content-type']).toBe('image/jpeg');
  const facts = jpegSize(still.rawPayload);
  expect(facts).toEqual({ widthPx: 240, heightPx: 240 });
  expect((await get('/api/performances/4/thumbnail')).rawPayload).toEqual(still.rawPayload);
  const missing = await get('/api/performances/5/thumbnail');
  expect([missing.statusCode, missing.json().msg]).toEqual([404, 'avatar "clara" has no performance 5']);
  expect((await get('/api/performances/4/thumbnail?avatar=nobody')).statusCode).toBe(400);
  expect((await get('/api/performances/x/thumbnail')).statusCode).toBe(400);
});

/** From the frame header (SOF0, ITU-T T.81 B.2.2). */
function jpegSize(bytes: Buffer): { widthPx: number; heightPx: number } {
  const at = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  return { heightPx: bytes.readUInt16BE(at + 5), widthPx: bytes.readUInt16BE(at + 7) };
}
