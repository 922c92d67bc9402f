import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Log } from '../log';
import type { RouteClass } from './access';

declare module 'fastify' {
  interface FastifyRequest {
    /** `code` of the JSON that was answered: 0, or -1 for a failure, which may be HTTP 200. */
    answeredCode?: number;
  }
}

/** Looking is not written down: pages poll. */
const AUDITED: ReadonlySet<RouteClass> = new Set(['control', 'offer', 'upload', 'admin']);

/**
 * One line for each call that controls something: when, from where (class, not address), with whose token, which route, which
 * session, with what outcome. Never a body, a name from a body, or a token.
 */
export function auditCalls(app: FastifyInstance, log: Log): void {
  const audit = log.child({ scope: 'audit' });
  app.addHook('preSerialization', async (request, _reply, payload) => {
    const code = (payload as { code?: unknown } | null)?.code;
    if (typeof code === 'number') request.answeredCode = code;
    return payload;
  });
  app.addHook('onResponse', async (request, reply) => {
    const { access, caller, method } = request;
    const route = request.routeOptions.url;
    if (!access || !caller || route === undefined || method === 'OPTIONS' || !AUDITED.has(access.class)) return;
    const { statusCode } = reply;
    const refused = statusCode >= 400 || request.answeredCode === -1;
    audit.info(
      {
        from: caller.class,
        ...(caller.token && { with: caller.token }),
        ...sessionOf(request),
        status: statusCode,
        outcome: refused ? 'refused' : 'done',
      },
      `${method} ${route}`,
    );
  });
}

/** Its number, and nothing else that a caller may have put in its place. */
function sessionOf({ body, params }: FastifyRequest): { session?: number } {
  for (const place of [params, body]) {
    const id = (place as { sessionid?: unknown } | null | undefined)?.sessionid;
    if (typeof id === 'number' && Number.isInteger(id)) return { session: id };
    if (typeof id === 'string' && /^\s*\d{1,15}\s*$/.test(id)) return { session: Number(id) };
  }
  return {};
}
