import type { FastifyInstance } from 'fastify';
import { createHttpServer, type HttpServerOptions } from '../src/main/server/http/server';
import { createLogger } from '../src/main/server/log';
import { defaultSettings, type Settings } from '../src/shared/settings';

/** What callers from outside have to show. */
export const TOKEN = 'correct-horse-battery';

/** All routes of the server, not listening: without a limit of calls, a page or a word in the log unless a test asks for them. */
export function testHttpServer({
  settings,
  ...options
}: Partial<Omit<HttpServerOptions, 'settings' | 'sessions'>> & {
  sessions: HttpServerOptions['sessions'];
  settings?: Partial<Settings>;
}): Promise<FastifyInstance> {
  return createHttpServer({
    settings: { ...defaultSettings(), rate_limit: 0, ...settings },
    health: () => ({}),
    log: createLogger('silent'),
    token: TOKEN,
    rendererDir: '/nonexistent',
    ...options,
  });
}
