import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeTestCertificate } from '../../../../testing/certificate';
import { testHttpServer } from '../../../../testing/http-server';
import { FakeSessions } from './fake-sessions';
import { readTls } from './tls';

let dir: string;
let files: { certFile: string; keyFile: string };
let others: { certFile: string; keyFile: string };
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'herald-tls-'));
  files = await writeTestCertificate(dir);
  others = await writeTestCertificate(dir, 'other');
});
afterAll(() => rmSync(dir, { recursive: true }));

it('is off where nothing is named', () => {
  expect(readTls({})).toBeUndefined();
});

it('serves HTTPS with them, and nothing in the clear on that port', async () => {
  const app = await testHttpServer({
    sessions: new FakeSessions(),
    tls: readTls(files)!,
  });
  try {
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    expect(url).toMatch(/^https:/);
    const certificate = readFileSync(files.certFile);
    const status = await new Promise((resolve, reject) => {
      const options = { ca: certificate, checkServerIdentity: () => undefined, agent: false as const };
      request(`${url}/api/health`, options, (reply) => {
        reply.resume();
        resolve(reply.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(200);
    await expect(fetch(`${url.replace('https', 'http')}/api/health`)).rejects.toThrow();
  } finally {
    await app.close();
  }
});

it('says what is wrong with files, and what to do', () => {
  const garbage = join(dir, 'garbage.pem');
  writeFileSync(garbage, 'hello');
  const problem = (given: Parameters<typeof readTls>[0]) => {
    try {
      readTls(given);
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(problem({ certFile: files.certFile })).toMatch(/--tls_cert needs --tls_key as well/);
  expect(problem({ keyFile: files.keyFile })).toMatch(/--tls_key needs --tls_cert as well/);
  expect(problem({ ...files, certFile: join(dir, 'none.pem') })).toMatch(
    /--tls_cert .*none.pem cannot be read \(ENOENT\)/,
  );
  expect(problem({ ...files, certFile: garbage })).toMatch(/--tls_cert .*garbage.pem is not a certificate in PEM form/);
  expect(problem({ ...files, keyFile: garbage })).toMatch(/--tls_key .*garbage.pem is not a private key in PEM form/);
  expect(problem({ certFile: files.keyFile, keyFile: files.certFile })).toMatch(/not a certificate/);
  expect(problem({ ...files, keyFile: others.keyFile })).toMatch(/does not belong to --tls_cert/);
});

it('warns of a certificate that is out of date', () => {
  expect(readTls(files)).not.toHaveProperty('warning');
  expect(readTls(files, new Date('2199-01-01'))!.warning).toMatch(/--tls_cert .* expired on /);
  expect(readTls(files, new Date('1999-01-01'))!.warning).toMatch(/is not valid before /);
});
