import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterEach, beforeEach } from 'vitest';
import { FakeSessions } from '../src/main/server/http/fake-sessions';
import { createLogger } from '../src/main/server/log';
import type { Settings } from '../src/shared/settings';
import { testHttpServer } from './http-server';

/** The server that each test of the routes has for itself, with sessions that only take down what they are asked. */
export let app: FastifyInstance;
export let sessions: FakeSessions;
/** All that it has logged. */
export let logged: string;

/** The one that sessions are added as, one that there is not, and a caller from far away. */
export const ID = 123_456;
export const UNKNOWN = 654_321;
export const PUBLIC = '203.0.113.9';

/** For each test of the file a fresh one. */
export function servedAnew(): void {
  beforeEach(async () => {
    sessions = new FakeSessions();
    logged = '';
    await start();
  });
  afterEach(() => app.close());
}

/** In the place of the one there is. */
export async function start(changes: Partial<Settings> = {}, rendererDir = '/nonexistent'): Promise<FastifyInstance> {
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

export const post = (url: string, payload: unknown, headers: Record<string, string> = {}) =>
  app.inject({
    method: 'POST',
    url,
    payload: payload as InjectOptions['payload'],
    headers: { host: 'localhost:8010', ...headers },
  });
export const postText = (url: string, payload: string, type = 'application/json') =>
  post(url, payload, { 'content-type': type });
export const get = (url: string, options: Partial<InjectOptions> = {}) =>
  app.inject({ method: 'GET', url, ...options });

/** multipart/form-data by hand, so that order and flaws are ours to choose. */
export function form(...parts: { name: string; value: string | Buffer; fileName?: string }[]) {
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
export const upload = (...parts: Parameters<typeof form>) => {
  const { body, type } = form(...parts);
  return post('/humanaudio', body, { 'content-type': type });
};
