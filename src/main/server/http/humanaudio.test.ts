import { describe, expect, it } from 'vitest';
import { form, ID, post, servedAnew, sessions, start, upload } from '../../../../testing/http-app';
import { audioReply } from '../../../shared/protocol';
import { HeraldError } from '../errors';

servedAnew();

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
