import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fuzzRuns } from '../../../../testing/fuzz';
import { testHttpServer } from '../../../../testing/http-server';
import { createLogger } from '../log';
import { FakeSessions } from './fake-sessions';

const ID = 123_456;
let app: FastifyInstance;
let logged = '';

beforeAll(async () => {
  const sessions = new FakeSessions();
  sessions.add(ID);
  const sink = { write: (text: string) => void (logged += text) };
  app = await testHttpServer({
    settings: { max_upload_mb: 1 },
    sessions,
    log: createLogger('error', { out: sink, err: sink }),
  });
});
afterAll(() => app.close());

async function send(payload: Buffer, contentType: string): Promise<number> {
  const reply = await app.inject({
    method: 'POST',
    url: '/humanaudio',
    payload,
    headers: { 'content-type': contentType },
  });
  expect(reply.json()).toMatchObject({ code: expect.any(Number), msg: expect.any(String) });
  expect([200, 400, 413]).toContain(reply.statusCode);
  return reply.statusCode;
}

/** Parts of a form that each may be right or broken. */
const header = fc.constantFrom(
  'Content-Disposition: form-data; name="sessionid"',
  'Content-Disposition: form-data; name="file"; filename="a.wav"',
  'Content-Disposition: form-data; name="file"; filename="../../etc/passwd"',
  'Content-Disposition: form-data; name="file"; filename*=UTF-8\'\'%2e%2e%2f',
  'Content-Disposition: form-data; name="__proto__"',
  'Content-Disposition: form-data',
  'Content-Disposition: attachment; name="file',
  'Content-Type: audio/wav',
  'Content-Type: multipart/mixed; boundary=inner',
  'Content-Transfer-Encoding: base64',
  '',
);
const part = fc.record({
  headers: fc.array(header, { maxLength: 3 }),
  body: fc.oneof(
    fc.constant(Buffer.from(String(ID))),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  ),
  end: fc.constantFrom('\r\n', '\n', ''),
});

it('forms of broken and whole parts are read or refused, in JSON, and nothing fails inside', async () => {
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 6 }), fc.constantFrom('--b--\r\n', '--b', ''), async (parts, tail) => {
      const body = Buffer.concat([
        ...parts.flatMap(({ headers, body, end }) => [
          Buffer.from(`--b\r\n${headers.join('\r\n')}\r\n\r\n`),
          body,
          Buffer.from(end),
        ]),
        Buffer.from(tail),
      ]);
      seen.add(await send(body, 'multipart/form-data; boundary=b'));
    }),
    fuzzRuns(60),
  );
  expect(seen.has(400)).toBe(true);
  expect(logged).toBe('');
});

it('bytes of any kind, under any boundary, are refused', async () => {
  const type = fc.oneof(
    fc.constantFrom(
      'multipart/form-data',
      'multipart/form-data; boundary=',
      'multipart/form-data; boundary="',
      'multipart/mixed; boundary=b',
    ),
    fc
      .string({ unit: fc.constantFrom(...'abc-_.;=" '), maxLength: 80 })
      .map((text) => `multipart/form-data; boundary=${text}`),
  );
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), type, async (bytes, contentType) => {
      expect(await send(Buffer.from(bytes), contentType)).toBe(400);
    }),
    fuzzRuns(50),
  );
  expect(logged).toBe('');
});

it('oversized everything: a file, a field, and parts without number', async () => {
  const form = (parts: [head: string, body: string][]) =>
    Buffer.from(`${parts.map(([head, body]) => `--b\r\n${head}\r\n\r\n${body}\r\n`).join('')}--b--\r\n`);
  const field = (name: string) => `Content-Disposition: form-data; name="${name}"`;
  const id: [string, string] = [field('sessionid'), String(ID)];
  const type = 'multipart/form-data; boundary=b';
  const file = `${field('file')}; filename="a.wav"`;
  expect(await send(form([id, [file, 'x'.repeat(1024 * 1024 + 1)]]), type)).toBe(413);
  expect(await send(form(Array.from({ length: 100 }, (_, i) => [field(`f${i}`), 'x'])), type)).toBe(413);
  expect(await send(form(Array.from({ length: 10 }, () => [file, 'x'])), type)).toBe(413);
  expect(await send(form([[field('f'), 'x'.repeat(200_000)], id]), type)).not.toBe(200);
});
