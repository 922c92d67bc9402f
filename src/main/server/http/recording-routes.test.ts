import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Clapper } from '../../../../testing/clapper';
import { testHttpServer } from '../../../../testing/http-server';
import { recordingReply, recordingsReply } from '../../../shared/protocol';
import { createLogger } from '../log';
import { Recorder } from '../outputs/recorder/recorder';
import { RecordingLibrary } from '../recordings/library';
import { remux } from '../recordings/remux';
import { FakeSessions } from './fake-sessions';

const SESSION = 123_456;

let root: string;
let app: FastifyInstance;
let recordings: RecordingLibrary;
let sessions: FakeSessions;
let id: string;
let bytes: Buffer;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'herald routes 🎞 '));
  const log = createLogger('silent');
  recordings = new RecordingLibrary({ dir: join(root, 'r'), minFreeBytes: 0, maxDurationMs: 60_000, log, remux });
  sessions = new FakeSessions();
  app = await testHttpServer({
    sessions,
    recordings,
    log,
  });
  const clap = await Clapper.open();
  const draft = await recordings.begin(SESSION, 'clara', 'mp4');
  const recorder = new Recorder(draft.part, recordings.limits);
  await clap.program.attach(recorder);
  draft.note({ status: 'start', turn: 1, text: 'Good <evening>.' }, 0);
  await clap.play(25);
  draft.note({ status: 'end', turn: 1, text: 'Good <evening>.' }, recorder.durationMs);
  await recorder.close();
  await clap.close();
  await (await recordings.add(draft, SESSION, recorder.durationMs)).ordered;
  id = draft.name.id;
  bytes = readFileSync((await recordings.file(id)).path);
});
afterEach(async () => {
  await app.close();
  await recordings.close();
  rmSync(root, { recursive: true, force: true });
});

const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers });

describe('a session’s last recording', () => {
  it('comes whole, in parts, and as headers only, while the session lives and after it', async () => {
    for (const live of [true, false]) {
      if (live) sessions.add(SESSION);
      else sessions.sessions.clear();
      const whole = await get(`/record/${SESSION}`);
      expect([whole.statusCode, whole.headers['content-type']]).toEqual([200, 'video/mp4']);
      expect(whole.rawPayload.equals(bytes)).toBe(true);
      const part = await get(`/record/${SESSION}`, { range: 'bytes=100-199' });
      expect([part.statusCode, part.headers['content-range']]).toEqual([206, `bytes 100-199/${bytes.length}`]);
      expect(part.rawPayload.equals(bytes.subarray(100, 200))).toBe(true);
    }
    const head = await app.inject({ method: 'HEAD', url: `/record/${SESSION}` });
    expect([head.statusCode, head.headers['content-length'], head.headers['accept-ranges']]).toEqual([
      200,
      String(bytes.length),
      'bytes',
    ]);
    const beyond = await get(`/record/${SESSION}`, { range: `bytes=${bytes.length + 10}-` });
    expect(beyond.statusCode).toBe(416);
  });

  it('is a 404 in JSON where there is none', async () => {
    const reply = await get('/record/999999');
    expect([reply.statusCode, reply.json()]).toMatchObject([404, { code: -1, msg: expect.stringContaining('999999') }]);
  });
});

describe('/api/recordings', () => {
  it('lists pages and refuses what is none', async () => {
    const list = recordingsReply.parse((await get('/api/recordings?limit=5')).json()).data;
    expect(list).toMatchObject({
      total: 1,
      offset: 0,
      limit: 5,
      recordings: [{ id, bytes: bytes.length, durationMs: 1_000 }],
    });
    expect(recordingsReply.parse((await get('/api/recordings?offset=1')).json()).data.recordings).toEqual([]);
    const found = async (query: string) =>
      recordingsReply.parse((await get(`/api/recordings?${query}`)).json()).data.recordings.length;
    expect([await found('q=evening'), await found('q=morning'), await found('sort=longest')]).toEqual([1, 0, 1]);
    for (const query of ['sort=none', 'limit=0', 'limit=100000', 'offset=-1', 'limit=many']) {
      expect((await get(`/api/recordings?${query}`)).statusCode, query).toBe(400);
    }
  });

  it('tells about one, with what was said', async () => {
    const { data } = recordingReply.parse((await get(`/api/recordings/${id}`)).json());
    expect(data.turns[0]!.sentences).toEqual([{ text: 'Good <evening>.', startMs: 0, endMs: 1_000 }]);
  });

  it('has subtitles in both formats', async () => {
    const vtt = await get(`/api/recordings/${id}/subtitles.vtt`);
    expect([vtt.headers['content-type'], vtt.body]).toEqual([
      'text/vtt; charset=utf-8',
      'WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nGood &lt;evening&gt;.\n',
    ]);
    expect((await get(`/api/recordings/${id}/subtitles.srt`)).body).toBe(
      '1\n00:00:00,000 --> 00:00:01,000\nGood <evening>.\n',
    );
  });

  it('has a thumbnail', async () => {
    const reply = await get(`/api/recordings/${id}/thumbnail`);
    expect([reply.statusCode, reply.headers['content-type']]).toEqual([200, 'image/jpeg']);
    expect(reply.rawPayload.subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
  });

  it('takes a title, by which downloads are named, whatever is in it', async () => {
    const rename = (title: unknown) =>
      app.inject({ method: 'PATCH', url: `/api/recordings/${id}`, payload: { title } });
    expect((await rename('Ü "1/2"\r\nx: y 🎬')).json()).toEqual({ code: 0, msg: 'ok' });
    const file = await get(`/api/recordings/${id}/file`);
    expect(file.headers['content-disposition']).toBe(
      `inline; filename="_ _1_2___x_ y __.mp4"; filename*=UTF-8''%C3%9C%20_1_2___x_%20y%20%F0%9F%8E%AC.mp4`,
    );
    for (const bad of ['', '   ', 7, 'x'.repeat(201)])
      expect((await rename(bad)).statusCode).toBeGreaterThanOrEqual(400);
  });

  it('deletes, and is a 404 from then on', async () => {
    const remove = () => app.inject({ method: 'DELETE', url: `/api/recordings/${id}` });
    expect((await remove()).json()).toEqual({ code: 0, msg: 'ok' });
    for (const path of ['', '/file', '/thumbnail', '/subtitles.vtt']) {
      const reply = await get(`/api/recordings/${id}${path}`);
      expect([path, reply.statusCode, reply.json().code]).toEqual([path, 404, -1]);
    }
    expect((await remove()).statusCode).toBe(404);
    expect((await get(`/record/${SESSION}`)).statusCode).toBe(404);
  });

  it('is a 404 when it is deleted between being found and being sent', async () => {
    const found = await recordings.file(id);
    recordings.file = async () => found;
    rmSync(found.path);
    for (const range of ['', 'bytes=0-10']) {
      const reply = await get(`/api/recordings/${id}/file`, range ? { range } : {});
      expect([reply.statusCode, reply.json()]).toEqual([404, { code: -1, msg: 'the file was deleted a moment ago' }]);
      expect(reply.headers['content-disposition']).toBeUndefined();
    }
  });

  it.each(['..%2f..%2fetc%2fpasswd', '%2e%2e', 'x', '2026-01-01-000000-a%2fb-1', '2026-01-01-000000-..-1'])(
    'lets no path through: %s',
    async (bad) => {
      for (const path of ['', '/file', '/thumbnail', '/subtitles.srt']) {
        const reply = await get(`/api/recordings/${bad}${path}`);
        expect([400, 404]).toContain(reply.statusCode);
        expect(reply.json().code).toBe(-1);
      }
    },
  );

  it('serves no other file of the program', async () => {
    for (const url of ['/package.json', '/src/main/server/start.ts', '/resources/']) {
      expect((await get(url)).statusCode, url).toBe(404);
    }
  });
});
