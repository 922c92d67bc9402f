import { describe, expect, it } from 'vitest';
import { app, get, ID, post, servedAnew, sessions, start, UNKNOWN, upload } from '../../../../testing/http-app';
import {
  audiotypeReply,
  closeReply,
  humanReply,
  interruptReply,
  offerReply,
  recordReply,
  speakingReply,
} from '../../../shared/protocol';
import { HeraldError } from '../errors';

servedAnew();

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
    expect([full.statusCode, full.json()]).toEqual([
      503,
      { code: -1, msg: 'max session reached (1/1)', told: { key: 'session.full', values: { places: '1/1' } } },
    ]);
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
    expect(await record('end_record')).toEqual({
      code: -1,
      msg: expect.stringContaining('send start_record first'),
      told: { key: 'record.none' },
    });
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
