import { createReadStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TOKEN, testHttpServer } from '../../../../testing/http-server';
import {
  audioReply,
  audiotypeReply,
  closeReply,
  configReply,
  healthReply,
  humanReply,
  interruptReply,
  offerReply,
  recordReply,
  sessionsReply,
  speakingReply,
} from '../../../shared/protocol';
import type { Settings } from '../../../shared/settings';
import { HeraldError } from '../errors';
import { createLogger } from '../log';
import { FakeSessions } from './fake-sessions';

const ID = 123_456;
const UNKNOWN = 654_321;
const PUBLIC = '203.0.113.9';

let sessions: FakeSessions;
let app: FastifyInstance;
let logged: string;

async function start(changes: Partial<Settings> = {}, rendererDir = '/nonexistent'): Promise<FastifyInstance> {
  await app?.close();
  const sink = { write: (text: string) => void (logged += text) };
  app = await testHttpServer({
    settings: changes,
    sessions,
    health: () => ({ version: '0.0.0', mouth: { provider: 'cpu' } }),
    log: createLogger('debug', { out: sink, err: sink }),
    rendererDir,
  });
  return app;
}

beforeEach(async () => {
  sessions = new FakeSessions();
  logged = '';
  await start();
});
afterEach(() => app.close());

const post = (url: string, payload: unknown, headers: Record<string, string> = {}) =>
  app.inject({
    method: 'POST',
    url,
    payload: payload as InjectOptions['payload'],
    headers: { host: 'localhost:8010', ...headers },
  });
const postText = (url: string, payload: string, type = 'application/json') =>
  post(url, payload, { 'content-type': type });
const get = (url: string, options: Partial<InjectOptions> = {}) => app.inject({ method: 'GET', url, ...options });

/** multipart/form-data by hand, so that order and flaws are ours to choose. */
function form(...parts: { name: string; value: string | Buffer; fileName?: string }[]) {
  const boundary = 'x-herald-boundary';
  const chunks = parts.flatMap(({ name, value, fileName }) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${fileName ? `; filename="${fileName}"` : ''}\r\n` +
        `${fileName ? 'Content-Type: audio/wav\r\n' : ''}\r\n`,
    ),
    Buffer.from(value),
    Buffer.from('\r\n'),
  ]);
  const body = Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]);
  return { body, type: `multipart/form-data; boundary=${boundary}` };
}
const upload = (...parts: Parameters<typeof form>) => {
  const { body, type } = form(...parts);
  return post('/humanaudio', body, { 'content-type': type });
};

describe('/offer', () => {
  it('answers an offer', async () => {
    const reply = await post('/offer', { sdp: 'v=0', type: 'offer', extra: 1 });
    expect(reply.statusCode).toBe(200);
    expect(offerReply.parse(reply.json())).toEqual({ sdp: 'v=0 answer', type: 'answer', sessionid: ID });
    expect(sessions.offers[0]).toMatchObject({ sdp: 'v=0', studio: false });
    expect(sessions.offers[0]).not.toHaveProperty('avatar');
  });

  it('passes avatar and voice on, and takes null and "" as absent', async () => {
    await post('/offer', {
      sdp: 'v=0',
      type: 'offer',
      avatar: 'wav2lip256_avatar1',
      voice: 'zh',
      refaudio: 'anna.wav',
      reftext: 'Good morning.',
      custom_config: '{"a":1}',
    });
    expect(sessions.offers[0]).toMatchObject({
      avatar: 'wav2lip256_avatar1',
      voice: { voice: 'zh', referenceAudio: 'anna.wav', referenceText: 'Good morning.' },
      customConfig: '{"a":1}',
    });
    const reply = await post('/offer', {
      sdp: 'v=0',
      type: 'offer',
      avatar: '',
      voice: null,
      refaudio: null,
      custom_config: '',
    });
    expect(reply.statusCode).toBe(200);
    expect(sessions.offers[1]).not.toHaveProperty('avatar');
    expect(sessions.offers[1]).not.toHaveProperty('customConfig');
  });

  it.each(['../secret', 'a/../b', '..', 'a\\b', '/etc', '.hidden', 'a\0b', 'a..b', 'C:', 'x'.repeat(65)])(
    'refuses the avatar name %j before anything else',
    async (avatar) => {
      const reply = await post('/offer', { sdp: 'v=0', type: 'offer', avatar });
      expect(reply.statusCode).toBe(400);
      expect(reply.json()).toEqual({ code: -1, msg: expect.stringContaining('avatar: not an avatar name') });
      expect(sessions.offers).toHaveLength(0);
    },
  );

  it.each(['主播1', 'My Presenter', 'a', 'wav2lip_384.v2'])('accepts the avatar name %j', async (avatar) => {
    expect((await post('/offer', { sdp: 'v=0', type: 'offer', avatar })).statusCode).toBe(200);
  });

  it('maps a refused SDP to 400, the limit to 503 with Retry-After', async () => {
    sessions.offerWith = async () => {
      throw new HeraldError('malformed', 'the SDP has no video');
    };
    const bad = await post('/offer', { sdp: 'garbage', type: 'offer' });
    expect([bad.statusCode, bad.json()]).toEqual([400, { code: -1, msg: 'the SDP has no video' }]);
    sessions.offerWith = async () => {
      throw new HeraldError('limit', 'max session reached (1/1)', 2.5);
    };
    const full = await post('/offer', { sdp: 'v=0', type: 'offer' });
    expect([full.statusCode, full.json()]).toEqual([503, { code: -1, msg: 'max session reached (1/1)' }]);
    expect(full.headers['retry-after']).toBe('3');
  });

  it('refuses an SDP of 1 MB with 413', async () => {
    const reply = await post('/offer', { sdp: 'x'.repeat(1_000_000), type: 'offer' });
    expect(reply.statusCode).toBe(413);
    expect(reply.json()).toEqual({ code: -1, msg: expect.stringContaining('512 KiB') });
    expect(sessions.offers).toHaveLength(0);
  });

  it.each([
    [{ type: 'offer' }, 'sdp: missing'],
    [{ sdp: 'v=0' }, 'type: missing'],
    [{ sdp: 'v=0', type: 'answer' }, 'type: must be "offer"'],
    [{ sdp: 5, type: 'offer' }, 'sdp: must be string, not number'],
    [{ sdp: '', type: 'offer' }, 'sdp: is empty'],
    [{ sdp: 'v=0', type: 'offer', voice: 7 }, 'voice: '],
    [{ sdp: 'v=0', type: 'offer', custom_config: '{' }, 'custom_config: '],
    [{}, 'sdp: missing; type: missing'],
  ])('refuses %j naming the key', async (body, msg) => {
    const reply = await post('/offer', body);
    expect(reply.statusCode).toBe(400);
    expect(reply.json()).toEqual({ code: -1, msg: expect.stringContaining(msg) });
  });

  it('calls a studio only our own page on this machine', async () => {
    const own = { 'x-herald-studio': '1', origin: 'http://localhost:8010' };
    const offer = { sdp: 'v=0', type: 'offer' };
    await post('/offer', offer, own);
    await post('/offer', offer, { ...own, origin: 'http://localhost:3000' });
    await post('/offer', offer, { origin: own.origin });
    await app.inject({
      method: 'POST',
      url: '/offer',
      payload: offer,
      headers: { 'x-herald-studio': '1' },
      remoteAddress: '192.168.1.9',
    });
    expect(sessions.offers.map((offered) => offered.studio)).toEqual([true, false, false, false]);
  });
});

describe('/human', () => {
  it.each([ID, String(ID), ` ${ID} `])('echoes text for the session %j', async (sessionid) => {
    const session = sessions.add(ID);
    const reply = await post('/human', {
      sessionid,
      type: 'echo',
      text: '你好',
      interrupt: true,
      tts: { voice: 'zh', speed: 2, pitch: -3, emotion: 'calm' },
    });
    expect(humanReply.parse(reply.json())).toEqual({ code: 0, msg: 'ok', data: 'ok', turn: 1 });
    const voice = { voice: 'zh', speed: 2, pitchSemitones: -3, extra: { emotion: 'calm' } };
    expect(session.calls).toEqual([['say', '你好', { interrupt: true, voice }]]);
  });

  it('asks in chat', async () => {
    const session = sessions.add(ID);
    const reply = await post('/human', { sessionid: ID, type: 'chat', text: 'hello', tts: null });
    expect(reply.json()).toEqual({ code: 0, msg: 'ok', data: 'ok', turn: 1 });
    expect(session.calls).toEqual([['chat', 'hello', { interrupt: false }]]);
  });

  it.each([{ voice: 5 }, { speed: 9 }, { speed: 'fast' }, { pitch: 40 }, 'zh'])(
    'refuses the voice settings %j',
    async (tts) => {
      const session = sessions.add(ID);
      const reply = await post('/human', { sessionid: ID, type: 'echo', text: 'hello', tts });
      expect([reply.statusCode, reply.json()]).toEqual([400, { code: -1, msg: expect.stringMatching(/^tts/) }]);
      expect(session.calls).toEqual([]);
    },
  );

  it.each(['', '  \n'])('refuses the empty text %j', async (text) => {
    const session = sessions.add(ID);
    const reply = await post('/human', { sessionid: ID, type: 'echo', text });
    expect([reply.statusCode, reply.json()]).toEqual([
      200,
      { code: -1, msg: expect.stringContaining('text is empty'), told: { key: 'session.noText' } },
    ]);
    expect(session.calls).toEqual([]);
  });

  it('refuses 20,001 characters and 1 MB of text with 413, accepts 20,000', async () => {
    const session = sessions.add(ID);
    const say = (text: string) => post('/human', { sessionid: ID, type: 'echo', text });
    const long = await say('好'.repeat(20_001));
    expect([long.statusCode, long.json()]).toEqual([
      413,
      { code: -1, msg: expect.stringContaining('text: longer than 20000') },
    ]);
    expect((await say('x'.repeat(1_000_000))).statusCode).toBe(413);
    expect(session.calls).toEqual([]);
    expect((await say('好'.repeat(20_000))).statusCode).toBe(200);
  });

  it.each([
    [{ type: 'echo', text: 'x' }, 'sessionid: missing'],
    [{ sessionid: ID, text: 'x' }, 'type: missing'],
    [{ sessionid: ID, type: 'echo' }, 'text: missing'],
    [{ sessionid: ID, type: 'sing', text: 'x' }, 'type: must be "chat" or "echo"'],
    [{ sessionid: ID, type: 'echo', text: 5 }, 'text: must be string, not number'],
    [{ sessionid: ID, type: 'echo', text: ['x'] }, 'text: must be string, not array'],
    [{ sessionid: true, type: 'echo', text: 'x' }, 'sessionid: must be a whole number'],
    [{ sessionid: null, type: 'echo', text: 'x' }, 'sessionid: must be a whole number'],
    [{ sessionid: 1.5, type: 'echo', text: 'x' }, 'sessionid: must be a whole number'],
    [{ sessionid: 'abc', type: 'echo', text: 'x' }, 'sessionid: must be a whole number'],
    [{ sessionid: ID, type: 'echo', text: 'x', interrupt: 'yes' }, 'interrupt: must be boolean, not string'],
    [{ sessionid: ID, type: 'echo', text: 'x', tts: 'zh' }, 'tts: must be object, not string'],
  ])('refuses %j naming the key', async (body, msg) => {
    const session = sessions.add(ID);
    const reply = await post('/human', body);
    expect(reply.statusCode).toBe(400);
    expect(reply.json()).toEqual({ code: -1, msg: expect.stringContaining(msg) });
    expect(session.calls).toEqual([]);
  });

  it('passes the reason of a full queue on', async () => {
    sessions.add(ID).say = () => {
      throw new HeraldError('refused', 'the queue is full');
    };
    const reply = await post('/human', { sessionid: ID, type: 'echo', text: 'x' });
    expect([reply.statusCode, reply.json()]).toEqual([200, { code: -1, msg: 'the queue is full' }]);
  });
});

describe('bodies', () => {
  it.each(['{not json', 'x', '{"sessionid":1,}'])('refuses %j as not JSON', async (body) => {
    const reply = await postText('/is_speaking', body);
    expect(reply.statusCode).toBe(400);
    expect(reply.json()).toEqual({ code: -1, msg: expect.stringContaining('not JSON') });
  });

  it.each(['', '[]', '"text"', '5', 'null'])('refuses the body %j', async (body) => {
    const reply = await postText('/is_speaking', body);
    expect([reply.statusCode, reply.json()]).toEqual([400, { code: -1, msg: 'the body must be one JSON object' }]);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-8', 'nonsense/type'])(
    'reads JSON of type %s',
    async (type) => {
      sessions.add(ID);
      const reply = await postText('/is_speaking', `\uFEFF{"sessionid":${ID}}`, type);
      expect(reply.json()).toMatchObject({ code: 0 });
    },
  );

  it('is not poisoned by __proto__', async () => {
    sessions.add(ID);
    const reply = await postText('/is_speaking', `{"sessionid":${ID},"__proto__":{"polluted":1}}`);
    expect(reply.statusCode).toBe(200);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('refuses multipart on a JSON route', async () => {
    const { body, type } = form({ name: 'sessionid', value: String(ID) });
    expect((await post('/human', body, { 'content-type': type })).statusCode).toBe(400);
  });
});

describe('sessions that do not exist', () => {
  it.each([UNKNOWN, String(UNKNOWN), -1])('%j is an application failure, HTTP 200', async (sessionid) => {
    const requests: [string, object][] = [
      ['/human', { type: 'echo', text: 'x' }],
      ['/human', { type: 'chat', text: 'x' }],
      ['/interrupt_talk', {}],
      ['/set_audiotype', { audiotype: 0 }],
      ['/record', { type: 'start_record' }],
    ];
    for (const [url, body] of requests) {
      const reply = await post(url, { sessionid, ...body });
      expect([url, reply.statusCode, reply.json()]).toEqual([
        url,
        200,
        {
          code: -1,
          msg: expect.stringContaining('Session not found'),
          told: { key: 'session.gone', values: { id: String(sessionid) } },
        },
      ]);
    }
    const speaking = await post('/is_speaking', { sessionid });
    expect([speaking.statusCode, speaking.json()]).toEqual([200, { code: -1, data: false, msg: 'Session not found' }]);
    const audio = await upload(
      { name: 'sessionid', value: String(sessionid) },
      { name: 'file', value: 'x', fileName: 'a.wav' },
    );
    expect([audio.statusCode, audio.json()]).toEqual([
      200,
      { code: -1, msg: 'Session not found', data: expect.any(String) },
    ]);
    const sse = await get(`/sse?sessionid=${sessionid}`);
    expect([sse.statusCode, sse.json()]).toMatchObject([200, { code: -1 }]);
  });
});

describe('control', () => {
  it('interrupts', async () => {
    const session = sessions.add(ID);
    const reply = await post('/interrupt_talk', { sessionid: ID });
    expect(interruptReply.parse(reply.json())).toEqual({ code: 0, msg: 'ok' });
    expect(session.calls).toEqual([['interrupt']]);
  });

  it('sets the mode', async () => {
    const session = sessions.add(ID);
    const reply = await post('/set_audiotype', { sessionid: ID, audiotype: 1, reinit: true });
    expect(audiotypeReply.parse(reply.json())).toEqual({ code: 0, msg: 'ok', data: 'ok' });
    expect(session.calls).toEqual([['setMode', 1, { reinit: true }]]);
    const unknown = await post('/set_audiotype', { sessionid: ID, audiotype: 7 });
    expect([unknown.statusCode, unknown.json()]).toEqual([
      200,
      { code: -1, msg: 'unknown audiotype 7: known are 0 and 1' },
    ]);
  });

  it.each([[-1], [1.5], ['1'], [null], [undefined]])('refuses the audiotype %j', async (audiotype) => {
    sessions.add(ID);
    const reply = await post('/set_audiotype', { sessionid: ID, audiotype });
    expect(reply.statusCode).toBe(400);
    expect(reply.json()).toEqual({ code: -1, msg: expect.stringContaining('audiotype: ') });
  });

  it.each([true, false])('says whether it speaks: %s', async (isSpeaking) => {
    sessions.add(ID).isSpeaking = isSpeaking;
    const reply = await post('/is_speaking', { sessionid: String(ID) });
    expect(speakingReply.parse(reply.json())).toEqual({ code: 0, msg: 'ok', data: isSpeaking });
  });

  it('takes a missing id as 0 in push modes', async () => {
    await start({ transport: 'rtmp' });
    sessions.add(0).isSpeaking = true;
    expect((await post('/is_speaking', {})).json()).toEqual({ code: 0, msg: 'ok', data: true });
    expect((await upload({ name: 'file', value: 'x', fileName: 'a.wav' })).json()).toEqual({ code: 0, msg: 'ok' });
  });

  it('starts and ends recordings, each once, and names the file', async () => {
    const { calls } = sessions.add(ID);
    const record = async (type: string) => (await post('/record', { sessionid: ID, type })).json();
    expect(await record('end_record')).toEqual({ code: -1, msg: expect.stringContaining('send start_record first') });
    expect(await record('start_record')).toEqual({ code: 0, msg: 'ok', data: 'ok' });
    expect(await record('start_record')).toEqual({ code: -1, msg: expect.stringContaining('send end_record first') });
    const ended = recordReply.parse(await record('end_record'));
    expect(ended).toEqual({ code: 0, msg: 'ok', data: 'ok', file: '2026-01-02-030405-fake-123456.mp4' });
    expect(calls).toHaveLength(4);
    expect((await post('/record', { sessionid: ID, type: 'pause' })).statusCode).toBe(400);
    const file = await get(`/record/${ID}`);
    expect([file.statusCode, file.json()]).toMatchObject([404, { code: -1 }]);
  });

  it('closes a session by DELETE, and by POST for pages that unload', async () => {
    for (const request of [
      { method: 'DELETE', url: `/api/sessions/${ID}` },
      { method: 'DELETE', url: `/api/sessions/${ID}`, headers: { 'content-type': 'application/json' } },
      { method: 'POST', url: `/api/sessions/${ID}/close` },
      {
        method: 'POST',
        url: `/api/sessions/${ID}/close`,
        payload: '',
        headers: { 'content-type': 'text/plain;charset=UTF-8' },
      },
    ] as const) {
      sessions.add(ID);
      const reply = await app.inject(request);
      expect([reply.statusCode, closeReply.parse(reply.json())]).toEqual([200, { code: 0, msg: 'ok' }]);
      expect(sessions.get(ID)).toBeUndefined();
    }
    const again = await app.inject({ method: 'DELETE', url: `/api/sessions/${ID}` });
    expect([again.statusCode, again.json()]).toMatchObject([200, { code: -1 }]);
    expect((await app.inject({ method: 'DELETE', url: '/api/sessions/..%2Fx' })).statusCode).toBe(400);
  });
});

describe('/humanaudio', () => {
  const id = { name: 'sessionid', value: String(ID) };
  const file = (value: string | Buffer) => ({ name: 'file', value, fileName: 'speech.wav' });

  it('plays a file, whichever field comes first', async () => {
    const session = sessions.add(ID);
    for (const parts of [
      [id, file('RIFF')],
      [file('RIFF'), id],
      [{ name: 'extra', value: 'x' }, file('RIFF'), id],
    ]) {
      const reply = await upload(...parts);
      expect([reply.statusCode, audioReply.parse(reply.json())]).toEqual([200, { code: 0, msg: 'ok' }]);
      expect(session.calls.at(-1)).toEqual(['playAudio', 4, 'speech.wav']);
    }
  });

  it('passes the reason of bad audio on', async () => {
    sessions.add(ID).playAudioWith = async () => {
      throw new HeraldError('refused', 'no audio in it');
    };
    const reply = await upload(id, file('garbage'));
    expect([reply.statusCode, reply.json()]).toEqual([200, { code: -1, msg: 'err', data: 'no audio in it' }]);
  });

  it('refuses 0 bytes', async () => {
    const session = sessions.add(ID);
    const reply = await upload(id, file(''));
    expect([reply.statusCode, reply.json()]).toEqual([
      200,
      { code: -1, msg: 'err', data: expect.stringContaining('0 bytes'), told: { key: 'upload.empty' } },
    ]);
    expect(session.calls).toEqual([]);
  });

  it('refuses a form without file, without id, with a wrong id', async () => {
    sessions.add(ID);
    const msg = async (...parts: Parameters<typeof form>) => {
      const reply = await upload(...parts);
      return [reply.statusCode, reply.json().msg];
    };
    expect(await msg(id)).toEqual([400, expect.stringContaining('file: missing')]);
    expect(await msg(id, { name: 'audio', value: 'x', fileName: 'a.wav' })).toEqual([
      400,
      expect.stringContaining('file: missing'),
    ]);
    expect(await msg(file('x'))).toEqual([400, 'sessionid: missing']);
    expect(await msg({ name: 'sessionid', value: 'abc' }, file('x'))).toEqual([
      400,
      expect.stringContaining('sessionid: must'),
    ]);
  });

  it('refuses what is not a form, and a form that breaks off', async () => {
    sessions.add(ID);
    const json = await post('/humanaudio', { sessionid: ID });
    expect([json.statusCode, json.json().msg]).toEqual([400, expect.stringContaining('multipart/form-data')]);
    const { body, type } = form(id, file(Buffer.alloc(5_000)));
    const broken = await post('/humanaudio', body.subarray(0, 3_000), { 'content-type': type });
    expect([broken.statusCode, broken.json()]).toMatchObject([400, { code: -1 }]);
    const bare = await post('/humanaudio', body, { 'content-type': 'multipart/form-data' });
    expect([bare.statusCode, bare.json()]).toMatchObject([400, { code: -1 }]);
  });

  it('refuses what is over the limit with 413', async () => {
    await start({ max_upload_mb: 1 });
    const session = sessions.add(ID);
    for (const sizeMb of [1.5, 6]) {
      const reply = await upload(id, file(Buffer.alloc(sizeMb * 1024 * 1024)));
      expect([reply.statusCode, reply.json()]).toEqual([
        413,
        {
          code: -1,
          msg: expect.stringContaining('1 MB (--max_upload_mb)'),
          told: { key: 'upload.tooLarge', values: { megabytes: '1' } },
        },
      ]);
    }
    expect(session.calls).toEqual([]);
    expect((await upload(id, file(Buffer.alloc(1024 * 1024)))).statusCode).toBe(200);
  });
});

describe('admin', () => {
  it('shows health, sessions and settings without secrets', async () => {
    await start({ llm_api_key: 'sk-very-secret', turn_password: 'hush-hush', push_url: 'rtmp://host/live/stream-key' });
    sessions.add(ID);
    const health = await get('/api/health');
    expect(healthReply.parse(health.json()).data).toEqual({ version: '0.0.0', mouth: { provider: 'cpu' } });
    const listed = sessionsReply.parse((await get('/api/admin/sessions')).json());
    expect(listed.data.sessions).toMatchObject([{ sessionid: ID }]);
    const config = await get('/api/admin/config');
    expect(configReply.parse(config.json()).data.config).toMatchObject({
      listenport: 8010,
      llm_api_key: '(set)',
      turn_password: '(set)',
      token: '(not set)',
    });
    for (const secret of [TOKEN, 'sk-very-secret', 'hush-hush', 'stream-key'])
      expect(config.body).not.toContain(secret);
  });
});

describe('refusals', () => {
  it('asks callers from outside for the token, readably for pages', async () => {
    const refused = await get('/api/health', { remoteAddress: PUBLIC });
    expect(refused.statusCode).toBe(401);
    expect(refused.json()).toEqual({ code: -1, msg: expect.stringContaining('Authorization: Bearer TOKEN') });
    expect(refused.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'www-authenticate': 'Bearer realm="Herald"',
    });
    expect((await get(`/api/health?token=${TOKEN}`, { remoteAddress: PUBLIC })).statusCode).toBe(200);
    const bearer = { authorization: `Bearer ${TOKEN}`, origin: 'https://kiosk.example' };
    expect((await get('/api/health', { remoteAddress: PUBLIC, headers: bearer })).statusCode).toBe(200);
    expect((await get('/api/health', { headers: { origin: 'https://evil.example' } })).statusCode).toBe(401);
    expect((await get('/api/health', { headers: { 'x-forwarded-for': '127.0.0.1' } })).statusCode).toBe(401);
    expect((await get('/nothing', { remoteAddress: PUBLIC })).statusCode).toBe(401);
  });

  it('changes nothing for a page without the token', async () => {
    const session = sessions.add(ID);
    const reply = await post('/human', { sessionid: ID, type: 'echo', text: 'x' }, { origin: 'https://evil.example' });
    expect(reply.statusCode).toBe(401);
    expect(session.calls).toEqual([]);
  });

  it('--require_token asks everyone, but lets the page load', async () => {
    await start({ require_token: true });
    expect((await get('/api/health')).statusCode).toBe(401);
    expect((await get('/')).statusCode).toBe(200);
    expect((await get('/docs')).statusCode).toBe(200);
    expect((await get('/openapi.json')).statusCode).toBe(200);
    expect((await get(`/api/health?token=${TOKEN}`)).statusCode).toBe(200);
  });

  it('--no_auth serves everyone', async () => {
    await start({ no_auth: true });
    const headers = { origin: 'https://evil.example', host: 'rebound.example' };
    expect((await get('/api/health', { headers, remoteAddress: PUBLIC })).statusCode).toBe(200);
  });

  it('refuses a foreign Host', async () => {
    for (const url of ['/', '/api/health', '/docs', '/openapi.json', '/nothing']) {
      const reply = await get(url, { headers: { host: 'evil.example' } });
      expect([url, reply.statusCode, reply.json()]).toEqual([
        url,
        403,
        { code: -1, msg: expect.stringContaining('--allowed_hosts') },
      ]);
    }
    await start({ allowed_hosts: ['avatar.example'] });
    expect((await get('/api/health', { headers: { host: 'avatar.example:8010' } })).statusCode).toBe(200);
  });

  it('answers a preflight of any page', async () => {
    const reply = await app.inject({
      method: 'OPTIONS',
      url: '/human',
      remoteAddress: PUBLIC,
      headers: {
        origin: 'https://kiosk.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
        'access-control-request-private-network': 'true',
      },
    });
    expect(reply.statusCode).toBe(204);
    expect(reply.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-allow-private-network': 'true',
    });
    expect(reply.headers['access-control-allow-methods']).toContain('DELETE');
  });

  it('answers unknown routes and methods in JSON', async () => {
    for (const [method, url] of [
      ['GET', '/get_audiotype?token=abc'],
      ['GET', '/human'],
      ['PUT', '/offer'],
      ['GET', '/../../etc/passwd'],
      ['GET', '/%2e%2e/%2e%2e/etc/passwd'],
    ] as const) {
      const reply = await app.inject({ method, url });
      expect([url, reply.statusCode, reply.json()]).toEqual([
        url,
        404,
        { code: -1, msg: expect.stringContaining('no such route') },
      ]);
      expect(reply.body).not.toContain('token=');
    }
    const bad = await get('/%zz');
    expect([bad.statusCode, bad.json()]).toMatchObject([400, { code: -1 }]);
  });

  it('keeps the inside of unexpected failures inside', async () => {
    sessions.offerWith = async () => {
      throw new TypeError('secret detail');
    };
    const reply = await post('/offer', { sdp: 'v=0', type: 'offer' });
    expect(reply.statusCode).toBe(500);
    expect(reply.json()).toEqual({ code: -1, msg: expect.stringMatching(/^internal error/) });
    expect(reply.body).not.toContain('secret detail');
    expect(logged).toContain('secret detail');
  });

  it('tells a failure in JSON even where a route has named another type by then', async () => {
    app.get('/vanishes', async (_request, reply) => {
      // Gone between the look at it and its opening, as when the page is being built anew.
      return reply.type('text/html; charset=utf-8').send(createReadStream('/nonexistent/index.html'));
    });
    const reply = await get('/vanishes');
    expect([reply.statusCode, reply.headers['content-type'], reply.json()]).toEqual([
      500,
      'application/json; charset=utf-8',
      { code: -1, msg: expect.stringMatching(/^internal error/) },
    ]);
  });

  it('bounds requests per address; this machine gets at least 200 a second', async () => {
    await start({ rate_limit: 5 });
    const burst = async (count: number, remoteAddress: string) => {
      const limited = [];
      for (let i = 0; i < count; i++) {
        const reply = await get('/api/health', { remoteAddress });
        if (reply.statusCode === 429) limited.push(reply);
      }
      return limited;
    };
    const limited = await burst(8, '192.168.1.9');
    expect(limited).toHaveLength(3);
    expect(limited[0]!.json()).toEqual({ code: -1, msg: expect.stringContaining('--rate_limit') });
    expect(limited[0]!.headers['retry-after']).toBe('1');
    expect(await burst(5, '192.168.1.10')).toHaveLength(0);
    expect(await burst(8, PUBLIC)).toHaveLength(3);
    expect(await burst(200, '127.0.0.1')).toHaveLength(0);
    await start({ rate_limit: 0 });
    expect(await burst(300, '192.168.1.9')).toHaveLength(0);
  });

  it('never logs the token', async () => {
    await get(`/api/health?token=${TOKEN}`, { headers: { authorization: `Bearer ${TOKEN}` } });
    expect(logged).toContain('GET /api/health');
    expect(logged).not.toContain(TOKEN);
  });
});

describe('pages', () => {
  it('says how to build the page when it is not built', async () => {
    const reply = await get('/');
    expect(reply.statusCode).toBe(200);
    expect(reply.headers['content-type']).toContain('text/html');
    expect(reply.body).toContain('npm run build');
  });

  it('serves the build, strictly', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'herald-page-'));
    try {
      mkdirSync(join(dir, 'assets'));
      writeFileSync(join(dir, 'index.html'), '<!doctype html><title>studio</title>');
      writeFileSync(join(dir, 'assets', 'app-1a2b.js'), 'console.log(1)');
      await start({ require_token: true }, dir);
      const page = await get('/');
      expect([page.statusCode, page.body]).toEqual([200, '<!doctype html><title>studio</title>']);
      expect(page.headers['cache-control']).toBe('no-cache');
      const csp = String(page.headers['content-security-policy']);
      expect(csp).toContain("script-src 'self';");
      expect(csp).toContain("media-src 'self' blob: mediastream:");
      expect(page.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
      const asset = await get('/assets/app-1a2b.js');
      expect([asset.statusCode, asset.headers['cache-control']]).toEqual([200, expect.stringContaining('immutable')]);
      const missing = await get(`/assets/nothing.js?token=${TOKEN}`);
      expect([missing.statusCode, missing.json()]).toMatchObject([404, { code: -1 }]);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it('documents every route', async () => {
    const document = (await get('/openapi.json')).json();
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).sort()).toEqual([
      '/api/access',
      '/api/admin/config',
      '/api/admin/server',
      '/api/admin/sessions',
      '/api/health',
      '/api/llm/models',
      '/api/sessions',
      '/api/sessions/{sessionid}',
      '/api/sessions/{sessionid}/close',
      '/api/sessions/{sessionid}/outputs',
      '/api/sessions/{sessionid}/outputs/{output}',
      '/human',
      '/humanaudio',
      '/interrupt_talk',
      '/is_speaking',
      '/offer',
      '/record',
      '/record/{sessionid}',
      '/set_audiotype',
      '/sse',
      '/whep',
      '/whep/{sessionid}',
      '/whep/{sessionid}/{viewerid}',
    ]);
    const { content } = document.paths['/humanaudio'].post.requestBody;
    expect(content['multipart/form-data'].schema.properties.file).toMatchObject({ type: 'string', format: 'binary' });
    expect(document.paths['/human'].post.requestBody.content['application/json'].schema.required).toEqual([
      'sessionid',
      'type',
      'text',
    ]);
    const docs = await get('/docs/');
    expect(docs.statusCode).toBe(200);
    expect(docs.body).not.toContain('<script>');
    expect((await get('/docs/json')).json().info.title).toBe('Herald');
    expect((await get('/docs/static/swagger-ui-bundle.js')).statusCode).toBe(200);
  });
});

describe('over a socket', () => {
  let url: string;
  beforeEach(async () => {
    url = await app.listen({ port: 0, host: '127.0.0.1' });
  });

  const eventually = (check: () => void) => vi.waitFor(check, { timeout: 5_000 });

  async function openEvents(id = ID) {
    const controller = new AbortController();
    const response = await fetch(`${url}/sse?sessionid=${id}`, { signal: controller.signal });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    return { response, reader, abort: () => controller.abort() };
  }

  it('streams events, ends with the session and unsubscribes', async () => {
    const session = sessions.add(ID);
    const { response, reader } = await openEvents();
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    await eventually(() => expect(session.listeners.size).toBe(1));
    session.emit({ status: 'start', text: '你好', turn: 1 });
    session.emit({ status: 'closed', reason: 'test' });
    let text = '';
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
    expect(text).toContain('data: {"status":"start","text":"你好","turn":1}\n\n');
    expect(text).toContain('data: {"status":"closed","reason":"test"}\n\n');
    expect(session.listeners.size).toBe(0);
  });

  it('unsubscribes a client that leaves', async () => {
    const session = sessions.add(ID);
    const { abort } = await openEvents();
    await eventually(() => expect(session.listeners.size).toBe(1));
    abort();
    await eventually(() => expect(session.listeners.size).toBe(0));
  });

  it('drops a client that does not read', async () => {
    const session = sessions.add(ID);
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.pause();
    socket.on('error', () => {});
    socket.write(`GET /sse?sessionid=${ID} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await eventually(() => expect(session.listeners.size).toBe(1));
    // Enough to fill the kernel's buffers as well.
    for (let i = 0; i < 400 && session.listeners.size > 0; i++) {
      session.emit({ status: 'start', text: 'x'.repeat(64 * 1024), turn: i });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(session.listeners.size).toBe(0);
    expect(logged).toContain('dropped an /sse client');
    socket.destroy();
  });

  it('ends event streams when the server closes', async () => {
    const session = sessions.add(ID);
    const { reader } = await openEvents();
    await eventually(() => expect(session.listeners.size).toBe(1));
    const startedMs = performance.now();
    await Promise.all([
      app.close(),
      reader.closed.catch(() => {}),
      (async () => {
        while (!(await reader.read()).done);
      })().catch(() => {}),
    ]);
    expect(performance.now() - startedMs).toBeLessThan(1_900);
    expect(session.listeners.size).toBe(0);
  });

  it('aborts offers and audio of clients that leave', async () => {
    const signals: AbortSignal[] = [];
    sessions.offerWith = ({ signal }) => {
      signals.push(signal);
      return new Promise(() => {});
    };
    sessions.add(ID).playAudioWith = (_bytes, signal) => {
      signals.push(signal);
      return new Promise(() => {});
    };
    const controller = new AbortController();
    const offer = fetch(`${url}/offer`, {
      method: 'POST',
      body: JSON.stringify({ sdp: 'v=0', type: 'offer' }),
      signal: controller.signal,
    });
    const { body, type } = form(
      { name: 'sessionid', value: String(ID) },
      { name: 'file', value: 'x', fileName: 'a.wav' },
    );
    const audio = fetch(`${url}/humanaudio`, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { 'content-type': type },
      signal: controller.signal,
    });
    await eventually(() => expect(signals).toHaveLength(2));
    expect(signals.every((signal) => !signal.aborted)).toBe(true);
    controller.abort();
    await expect(offer).rejects.toThrow();
    await expect(audio).rejects.toThrow();
    await eventually(() => expect(signals.every((signal) => signal.aborted)).toBe(true));
  });

  it('does not abort what was answered', async () => {
    let kept: AbortSignal | undefined;
    sessions.offerWith = async ({ signal }) => {
      kept = signal;
      return { sdp: 'v=0 answer', sessionId: ID };
    };
    const reply = await fetch(`${url}/offer`, { method: 'POST', body: JSON.stringify({ sdp: 'v=0', type: 'offer' }) });
    expect(await reply.json()).toMatchObject({ sessionid: ID });
    await app.close();
    expect(kept!.aborted).toBe(false);
  });

  it('answers 413 to clients that send everything first', async () => {
    const reply = await fetch(`${url}/offer`, {
      method: 'POST',
      body: JSON.stringify({ sdp: 'x'.repeat(8_000_000), type: 'offer' }),
    });
    expect([reply.status, await reply.json()]).toMatchObject([413, { code: -1 }]);
  });

  it('answers what is not HTTP in JSON', async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let answer = '';
    socket.on('data', (data) => (answer += data));
    socket.write('HELLO\r\n\r\n');
    await new Promise((resolve) => socket.on('close', resolve));
    expect(answer).toMatch(/^HTTP\/1\.1 400 .*\{"code":-1,"msg":".*"\}$/s);
  });
});
