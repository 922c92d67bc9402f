import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { configReply, healthReply, sessionsReply } from '../../../shared/protocol';
import { publicSettings, type Settings } from '../../../shared/settings';
import type { SessionDirectory } from '../session/api';
import { failing } from './replies';

const failures = failing();

/** What the panel and monitoring ask for. */
export function adminRoutes(
  app: FastifyInstance,
  { settings, sessions, health }: { settings: Settings; sessions: SessionDirectory; health: () => object },
): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  routes.get(
    '/api/health',
    {
      schema: {
        summary: 'Versions, providers, encoders, engine figures',
        tags: ['admin'],
        response: { 200: healthReply, ...failures },
      },
    },
    async () => ({ code: 0 as const, data: { ...health() } }),
  );
  routes.get(
    '/api/admin/config',
    { schema: { summary: 'Settings, without secrets', tags: ['admin'], response: { 200: configReply, ...failures } } },
    async () => ({ code: 0 as const, data: { config: publicSettings(settings) } }),
  );
  routes.get(
    '/api/admin/sessions',
    { schema: { summary: 'Sessions that live', tags: ['admin'], response: { 200: sessionsReply, ...failures } } },
    async () => ({ code: 0 as const, data: { sessions: sessions.list() } }),
  );
}
