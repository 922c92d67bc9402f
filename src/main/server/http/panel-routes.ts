import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { accessReply, logsQuery, logsReply, type ServerAddress, serverReply } from '../../../shared/server-protocol';
import type { Settings } from '../../../shared/settings';
import type { LogRing } from '../metrics/log-ring';
import { lanAddresses, localUrl } from './lan';
import { failing } from './replies';

const failures = failing(400);

export interface PanelRouteDependencies {
  settings: Settings;
  tls: boolean;
  /** What was logged lately; without it there is no /api/logs. */
  recent?: Pick<LogRing, 'page'>;
}

/** What the panel "Server" shows beside health and sessions. */
export function panelRoutes(app: FastifyInstance, { settings, tls, recent }: PanelRouteDependencies): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  routes.get(
    '/api/admin/server',
    {
      schema: {
        summary: 'Where the server is found, from here and from the LAN, and whom it asks for a token',
        tags: ['admin'],
        response: { 200: serverReply, ...failures },
      },
    },
    async () => {
      const address = app.server.address();
      const port = typeof address === 'object' && address ? address.port : settings.listenport;
      const listening = { host: settings.host, port, tls };
      const asksToken: ServerAddress['asksToken'] = settings.no_auth
        ? 'nobody'
        : settings.require_token
          ? 'everyone'
          : 'outside';
      return {
        code: 0 as const,
        data: { ...listening, local: localUrl(listening), lan: lanAddresses(listening), asksToken },
      };
    },
  );
  routes.get(
    '/api/access',
    { schema: { summary: 'What the caller may do', tags: ['admin'], response: { 200: accessReply, ...failures } } },
    async (request) => {
      const { token } = request.caller;
      return { code: 0 as const, data: { scope: request.mayDo(), ...(token !== undefined && { token }) } };
    },
  );
  if (!recent) return;
  routes.get(
    '/api/logs',
    {
      schema: {
        summary: 'The last lines of the log, without secrets; with a cursor only those that are new',
        tags: ['admin'],
        querystring: logsQuery,
        response: { 200: logsReply, ...failures },
      },
    },
    async ({ query }) => ({ code: 0 as const, data: recent.page(query) }),
  );
}
