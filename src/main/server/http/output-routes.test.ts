import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { testHttpServer } from '../../../../testing/http-server';
import { closeReply, openedReply, outputReply, outputsReply } from '../../../shared/protocol';
import { FakeSessions } from './fake-sessions';

const ID = 123_456;
let sessions: FakeSessions;
let app: FastifyInstance;

beforeEach(async () => {
  sessions = new FakeSessions();
  app = await testHttpServer({
    sessions,
  });
});
afterEach(() => app.close());

async function call(method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object | string) {
  const reply = await app.inject({ method, url, headers: { host: 'localhost:8010' }, ...(payload && { payload }) });
  return { status: reply.statusCode, body: reply.json() };
}

describe('sessions without a viewer', () => {
  it('begin by POST, with or without a body, recorded if wished', async () => {
    const bare = await call('POST', '/api/sessions');
    expect(openedReply.parse(bare.body)).toEqual({ code: 0, msg: 'ok', sessionid: 234_567 });
    expect(sessions.get(234_567)!.calls).toEqual([]);
    await call('POST', '/api/sessions', { avatar: 'clara', voice: '', record: true });
    expect(sessions.get(234_567)!.calls).toEqual([['startRecording']]);
  });

  it.each([
    [{ avatar: '../x' }, 'avatar: not an avatar name'],
    [{ record: 'yes' }, 'record: '],
    ['[]', 'must be one JSON object'],
  ])('are refused for %j', async (body, msg) => {
    expect(await call('POST', '/api/sessions', body)).toMatchObject({
      status: 400,
      body: { code: -1, msg: expect.stringContaining(msg) },
    });
  });
});

describe('outputs', () => {
  const url = `/api/sessions/${ID}/outputs`;

  it('are added, listed and removed', async () => {
    sessions.add(ID);
    const added = await call('POST', url, { kind: 'rtmp', url: 'rtmp://host/live/key' });
    const { data } = outputReply.parse(added.body) as { data: { id: string } };
    const listed = outputsReply.parse((await call('GET', url)).body);
    expect(listed).toMatchObject({ code: 0, data: { outputs: [{ id: data.id, kind: 'rtmp', state: 'connecting' }] } });
    expect(closeReply.parse((await call('DELETE', `${url}/${data.id}`)).body)).toEqual({ code: 0, msg: 'ok' });
    expect((await call('DELETE', `${url}/${data.id}`)).body).toMatchObject({ code: -1 });
    expect((await call('GET', url)).body).toEqual({ code: 0, data: { outputs: [] } });
  });

  it('are cameras of this machine, too: by their device, or any', async () => {
    sessions.add(ID);
    const add = vi.spyOn(sessions.get(ID)!.outputs, 'add');
    await call('POST', url, { kind: 'camera' });
    await call('POST', url, { kind: 'camera', device: '/dev/video10', url: 'rtmp://ignored' });
    expect(add.mock.calls).toEqual([[{ kind: 'camera', url: 'auto' }], [{ kind: 'camera', url: '/dev/video10' }]]);
    expect(await call('POST', url, { kind: 'camera', device: '/dev/sda' })).toMatchObject({
      status: 400,
      body: { msg: 'device: must be auto or a device such as /dev/video10' },
    });
  });

  it('say what is wrong with them', async () => {
    expect((await call('GET', url)).body).toMatchObject({
      code: -1,
      msg: expect.stringContaining('Session not found'),
    });
    sessions.add(ID);
    const wrong = await call('POST', url, { kind: 'udp', url: 'udp://host' });
    expect(wrong).toMatchObject({ status: 400, body: { code: -1, msg: expect.stringContaining('kind: ') } });
    expect((await call('POST', url, { kind: 'rtmp' })).body).toMatchObject({ msg: 'url: missing' });
    expect((await call('POST', url, { kind: 'whip', url: 'http://host/whip' })).body).toMatchObject({
      code: -1,
      msg: expect.stringContaining('not available'),
    });
  });
});
