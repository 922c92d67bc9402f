import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { TOKEN, testHttpServer } from '../../../../testing/http-server';
import { RtpViewer } from '../../../../testing/viewer';
import type { Settings } from '../../../shared/settings';
import { counts } from '../metrics/native';
import { FakeSessions } from './fake-sessions';

const ID = 123_456;
const PUBLIC = '203.0.113.9';

let sessions: FakeSessions;
let app: FastifyInstance;
const viewers: RtpViewer[] = [];

async function start(changes: Partial<Settings> = {}): Promise<void> {
  sessions = new FakeSessions();
  app = await testHttpServer({
    settings: changes,
    sessions,
  });
}

afterEach(async () => {
  await Promise.all(viewers.splice(0).map((viewer) => viewer.close()));
  await app.close();
  expect(counts().peer ?? 0).toBe(0);
});

async function offer(codec: 'H264' | 'VP8' = 'H264'): Promise<string> {
  const { viewer, sdp } = await RtpViewer.offer(codec);
  viewers.push(viewer);
  return sdp;
}

const call = (method: InjectOptions['method'], url: string, more: Partial<InjectOptions> = {}) =>
  app.inject({ method, url, ...more, headers: { host: 'localhost:8010', ...more.headers } });
const post = (url: string, payload: string, more: Partial<InjectOptions> = {}) =>
  call('POST', url, { payload, ...more, headers: { 'content-type': 'application/sdp', ...more.headers } });

describe('POST /whep', () => {
  it('answers with SDP and the place to DELETE, and attaches a viewer to the session', async () => {
    await start({ stun: ['stun:stun.example:3478'], turn: ['turn:turn.example:3478'], turn_username: 'ann' });
    const session = sessions.add(ID);
    const reply = await post(`/whep/${ID}`, await offer());
    expect(reply.statusCode).toBe(201);
    expect(reply.headers['content-type']).toBe('application/sdp');
    expect(reply.body).toMatch(/^v=0\r\n/);
    expect(reply.body.match(/a=sendonly/g)).toHaveLength(2);
    expect(reply.headers.location).toMatch(new RegExp(`^/whep/${ID}/[0-9a-f-]{36}$`));
    expect(reply.headers.link).toEqual([
      '<stun:stun.example:3478>; rel="ice-server"',
      '<turn:turn.example:3478>; rel="ice-server"; username="ann"; credential=""; credential-type="password"',
      `<${reply.headers.location as string}/visemes>; rel="urn:herald:visemes"; type="text/event-stream"`,
    ]);
    expect(reply.headers['access-control-expose-headers']).toMatch(/Location, Link/);
    expect(session.calls).toContainEqual(['attach', 'whep']);
    expect(counts().peer).toBe(1);

    const gone = await call('DELETE', reply.headers.location as string);
    expect([gone.statusCode, gone.body]).toEqual([200, '']);
    expect(counts().peer).toBe(0);
    expect((await call('DELETE', reply.headers.location as string)).statusCode).toBe(404);
  });

  it('names where the mouth is told in numbers, with the timestamps of this viewer', async () => {
    await start();
    const session = sessions.add(ID);
    const { headers } = await post(`/whep/${ID}`, await offer());
    const [, url = ''] = /^<([^>]+)>; rel="urn:herald:visemes"/.exec(String(headers.link)) ?? [];
    const stream = call('GET', url);
    await expect.poll(() => session.visemeListeners.size).toBe(1);
    const picture = { ptsSamples: 0, visemes: { sil: 1 }, shapes: {} };
    for (const listener of session.visemeListeners) listener(picture);
    for (const listener of session.listeners) listener({ status: 'closed', reason: 'over' });
    const { statusCode, headers: told, body } = await stream;
    expect([statusCode, told['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8']);
    expect(body).toContain('"status":"visemes","pictures":[{"ptsSamples":0');
    expect(body).toContain('"rtp":{');
    expect(session.visemeListeners.size).toBe(0);
    await call('DELETE', headers.location as string);
    expect((await call('GET', url)).statusCode).toBe(404);
  });

  it('takes the only session where none is named, and says which there are otherwise', async () => {
    await start();
    const none = await post('/whep', await offer());
    expect([none.statusCode, none.json().msg]).toEqual([404, 'no session runs; none runs: start one first (/offer)']);
    sessions.add(ID);
    expect((await post('/whep', await offer())).headers.location).toMatch(`/whep/${ID}/`);
    sessions.add(654_321);
    const several = await post('/whep', await offer());
    expect(several.statusCode).toBe(409);
    expect(several.json().msg).toMatch(/POST to \/whep\/\{sessionid\}, with one of 123456, 654321/);
    const unknown = await post('/whep/111111', await offer());
    expect(unknown.statusCode).toBe(404);
    expect(unknown.json().msg).toBe('there is no session 111111; these run: 123456, 654321');
  });

  it('means session 0 in push modes', async () => {
    await start({ transport: 'rtmp', push_url: 'rtmp://127.0.0.1/live/key' });
    sessions.add(0);
    sessions.add(1);
    expect((await post('/whep', await offer())).headers.location).toMatch(/^\/whep\/0\//);
  });

  it('refuses what it cannot answer, with the reason', async () => {
    await start();
    sessions.add(ID);
    const refused = async (sdp: string, more?: Partial<InjectOptions>) => {
      const reply = await post('/whep', sdp, more);
      return [reply.statusCode, reply.json().msg];
    };
    expect(await refused(await offer('VP8'))).toEqual([406, expect.stringMatching(/encoded in H.264, which the SDP/)]);
    expect(await refused('v=0 garbage')).toEqual([400, expect.stringMatching(/cannot be used/)]);
    expect(await refused('')).toEqual([400, expect.stringMatching(/does not begin with v=0/)]);
    expect(await refused(`v=0\n${'a'.repeat(300_000)}`)).toEqual([413, expect.any(String)]);
    expect(await refused('{}', { headers: { 'content-type': 'application/json' } })).toEqual([
      415,
      expect.stringMatching(/Content-Type: application\/sdp/),
    ]);
    expect(counts().peer ?? 0).toBe(0);
  });

  it('says what it takes, and takes nothing else', async () => {
    await start();
    sessions.add(ID);
    const options = await call('OPTIONS', '/whep', { headers: { origin: 'https://page.example' } });
    expect(options.statusCode).toBe(204);
    expect(options.headers['accept-post']).toBe('application/sdp');
    expect(options.headers['access-control-allow-methods']).toMatch(/DELETE/);
    for (const method of ['GET', 'PUT', 'PATCH', 'HEAD'] as const) {
      const reply = await call(method, `/whep/${ID}`);
      expect([reply.statusCode, reply.headers.allow]).toEqual([405, 'POST, OPTIONS']);
    }
    const { headers } = await post('/whep', await offer());
    const patched = await call('PATCH', headers.location as string, {
      payload: 'a=end-of-candidates',
      headers: { 'content-type': 'application/trickle-ice-sdpfrag' },
    });
    expect([patched.statusCode, patched.headers.allow]).toEqual([405, 'DELETE, OPTIONS']);
  });

  it('is guarded as /offer is', async () => {
    await start();
    sessions.add(ID);
    const from = (headers: Record<string, string>, remoteAddress = '127.0.0.1') =>
      offer().then((sdp) => post('/whep', sdp, { headers, remoteAddress }));
    const foreign = await from({ origin: 'https://page.example' });
    expect(foreign.statusCode).toBe(401);
    expect(foreign.headers['access-control-allow-origin']).toBe('*');
    expect((await from({}, PUBLIC)).statusCode).toBe(401);
    expect((await from({ authorization: `Bearer ${TOKEN}` }, PUBLIC)).statusCode).toBe(201);
    expect((await from({ origin: 'http://localhost:3000' })).statusCode).toBe(201);
  });
});
